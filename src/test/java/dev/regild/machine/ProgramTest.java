package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.regild.fixtures.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
  @TempDir Path directory;

  @Test
  void outputIsReturned() throws Exception {
    assertThat(Program.of("printf", "%s-%s", "a b", "c").run()).isEqualTo("a b-c");
  }

  @Test
  void aFailureNamesTheProgramItsStatusAndTheEndOfItsErrors() {
    ProgramException e =
        catchThrowableOfType(
            ProgramException.class,
            () -> sh("for i in $(seq 5000); do echo line $i >&2; done; exit 7").run());
    assertThat(e.exitStatus()).isEqualTo(7);
    assertThat(e).hasMessageStartingWith("sh failed with status 7: ").hasMessageEndingWith("5000");
    assertThat(e.getMessage().length()).isBetween(8000, 8400);
  }

  @Test
  void aMissingProgramNamesItsDebianPackage() {
    assertThatThrownBy(() -> Program.of("/nowhere/qemu-img").run())
        .hasMessage("/nowhere/qemu-img is not installed");
    assertThat(SearchPath.remedy("qemu-img")).endsWith("apt-get install qemu-utils");
    assertThat(SearchPath.remedy("wimlib-imagex")).endsWith("apt-get install wimtools");
    assertThat(SearchPath.remedy("msiinfo")).endsWith("apt-get install msitools");
    assertThat(SearchPath.remedy("ntfs-3g.probe")).endsWith("apt-get install ntfs-3g");
  }

  @Test
  void theEnvironmentIsMinimalAndMayBeAddedTo() throws Exception {
    String environment = Program.of("env").with("COLOUR", "green").run();
    // The supervising shell adds PWD.
    assertThat(environment.lines().map(line -> line.replaceAll("=.*", "")))
        .containsExactlyInAnyOrder("PATH", "LANG", "HOME", "COLOUR", "PWD");
    assertThat(environment).contains("/usr/sbin", "COLOUR=green");
  }

  /** Its limit is shorter than what the program sleeps. */
  @Test
  @Timeout(300)
  void aRunOutOfTimeIsKilledWithAllThatItStarted() throws Exception {
    Path pids = directory.resolve("pids");
    assertThatThrownBy(() ->
            new Program(
                    List.of(
                        "sh",
                        "-c",
                        "echo waiting >&2; setsid sleep 770 & echo $! >" + pids + "; sleep 780"),
                    Duration.ofSeconds(1),
                    Map.of())
                .run())
        .isInstanceOf(ProgramException.class)
        .hasMessage("sh took longer than 1 s and was killed: waiting");
    assertThat(isRunning(pids)).isFalse();
  }

  @Test
  void anInterruptedRunIsKilled() throws Exception {
    Path pids = directory.resolve("pids");
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread runner =
        Thread.ofVirtual()
            .start(() -> {
              try {
                var _ = sh("echo $$ >" + pids + "; exec sleep 790").run();
              } catch (ProgramException | InterruptedException e) {
                outcome.set(e);
              }
            });
    while (!Files.exists(pids) || Files.size(pids) == 0) {
      Thread.sleep(20);
    }
    runner.interrupt();
    runner.join();
    assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
    assertThat(isRunning(pids)).isFalse();
  }

  @Test
  void anEndlessOutputIsStopped() {
    assertThatThrownBy(() -> Program.of("yes").run())
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("yes wrote more than 67108864 bytes");
  }

  @Test
  void linesComeAsTheyAreWrittenAndCarriageReturnsEndThemToo() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    Path go = directory.resolve("go");
    CountDownLatch first = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(() -> {
          try {
            first.await();
            Files.createFile(go);
          } catch (InterruptedException | IOException e) {
            throw new AssertionError(e);
          }
        });
    // The program waits until its first line has been seen.
    sh("printf '10%%\\r'; until [ -e " + go + " ]; do sleep 0.02; done; printf '20%%\\nend'")
        .within(Duration.ofMinutes(2))
        .run(line -> {
          lines.add(line);
          first.countDown();
        });
    assertThat(lines).containsExactly("10%", "20%", "end");
  }

  @Test
  void whatTheListenerThrowsEndsTheProgram() {
    assertThatThrownBy(() ->
            Program.of("yes")
                .run(line -> {
                  throw new IllegalStateException("enough");
                }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("enough");
  }

  @Test
  void limitsAreHeldByTheKernel() throws Exception {
    String limits =
        Program.of("sh", "-c", "ulimit -v; ulimit -t; ulimit -f")
            .limitedTo(
                new Program.Limits(1L << 30, Duration.ofSeconds(9), OptionalLong.of(1L << 20)))
            .run();
    assertThat(limits.lines()).containsExactly("1048576", "9", "2048");
  }

  @Test
  void aTiedProgramIsGoneAfterClose() throws Exception {
    Path pids = directory.resolve("pids");
    RunningProgram running = sh("echo $$ >" + pids + "; echo up; exec sleep 800").startTied();
    try (running) {
      byte[] up = running.output().readNBytes(3);
      assertThat(new String(up, StandardCharsets.UTF_8)).isEqualTo("up\n");
      assertThat(running.isAlive()).isTrue();
    }
    assertThat(running.isAlive()).isFalse();
    assertThat(isRunning(pids)).isFalse();
  }

  @Test
  void aTiedProgramDiesWithItsJvm() throws Exception {
    Path pids = directory.resolve("pids");
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Sleeper.class.getName(),
                pids.toString())
            .inheritIO()
            .start();
    while (!Files.exists(pids) || Files.size(pids) == 0) {
      assertThat(jvm.isAlive()).isTrue();
      Thread.sleep(20);
    }
    assertThat(isRunning(pids)).isTrue();
    // On Linux, this is SIGKILL.
    jvm.destroyForcibly().waitFor();
    Instant end = Instant.now().plusSeconds(60);
    while (isRunning(pids) && Instant.now().isBefore(end)) {
      Thread.sleep(20);
    }
    assertThat(isRunning(pids)).isFalse();
  }

  /** A process of its own that starts a tied program and never ends. */
  static final class Sleeper {
    private Sleeper() {}

    public static void main(String[] args) throws Exception {
      var _ = sh("echo $$ >" + args[0] + "; exec sleep 810").startTied();
      Thread.sleep(Duration.ofMinutes(10));
    }
  }

  private static Program sh(String script) {
    return Program.of("sh", "-c", script);
  }

  private static boolean isRunning(Path pidFile) throws IOException {
    long pid = Long.parseLong(Files.readString(pidFile).strip());
    return Processes.isRunning(pid);
  }
}
