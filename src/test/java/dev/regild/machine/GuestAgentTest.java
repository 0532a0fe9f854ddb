package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against a fake agent on a real socket. */
@Timeout(120)
class GuestAgentTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path directory;
  private FakeAgent fake;
  private GuestAgent agent;

  @AfterEach
  void close() throws Exception {
    if (agent != null) {
      agent.close();
    }
    if (fake != null) {
      fake.close();
    }
  }

  @Test
  void aProgramsOutputAndCodeComeBack() throws Exception {
    List<List<String>> commands = new CopyOnWriteArrayList<>();
    start(command -> {
      commands.add(command);
      return new FakeAgent.Program(3010L, "tschüß");
    });
    assertThat(agent.run(List.of("a.exe", "two words", "\"q\""), LIMIT))
        .isEqualTo(new GuestAgent.Execution(3010, "tschüß"));
    assertThat(commands).containsExactly(List.of("a.exe", "two words", "\"q\""));
  }

  /** A QEMU that was taken over can put it there, in its directory of sockets. */
  @Test
  void aLinkInThePlaceOfTheSocketIsNotFollowed() throws Exception {
    List<List<String>> reached = new CopyOnWriteArrayList<>();
    fake =
        new FakeAgent(
            directory.resolve("another"),
            command -> {
              reached.add(command);
              return FakeAgent.Program.ended(0);
            },
            mode -> {});
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("another"));
    agent = new GuestAgent(link, LIMIT);
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT))
        .isInstanceOf(GuestAgentException.class)
        .hasMessageContaining(link + " is not a socket");
    assertThat(reached).isEmpty();

    Files.delete(link);
    Files.createLink(link, directory.resolve("another"));
    assertThat(agent.run(List.of("a.exe"), LIMIT).exitCode()).isZero();
  }

  @Test
  void aSignedCodeIsTheUnsignedOne() throws Exception {
    start(command -> FakeAgent.Program.ended(-2146498530));
    assertThat(agent.run(List.of("dism.exe"), LIMIT).exitCode()).isEqualTo(0x800f081eL);
  }

  @Test
  void aProgramThatHangsIsGivenUpAtItsLimit() throws Exception {
    start(command -> new FakeAgent.Program(null, ""));
    assertThatThrownBy(() -> agent.run(List.of("hang.exe"), Duration.ofSeconds(1)))
        .isInstanceOf(GuestAgentException.class)
        .hasMessage("hang.exe did not end in the guest within 1 s");
  }

  @Test
  void anAgentThatGoesAwayAndComesBackStillKnowsItsProgram() throws Exception {
    List<List<String>> started = new CopyOnWriteArrayList<>();
    start(command -> {
      started.add(command);
      return FakeAgent.Program.ended(7);
    });
    fake.cutsAtStatus = true;
    assertThat(agent.run(List.of("a.exe"), LIMIT).exitCode()).isEqualTo(7);
    assertThat(fake.cutsAtStatus).as("it was cut").isFalse();
    assertThat(started).hasSize(1);
  }

  @Test
  void aGuestThatDoesNotShutDownSaysWhy() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.junk =
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\"}}\n"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.shutDown(GuestAgent.Shutdown.POWER_OFF))
        .isInstanceOf(GuestAgentException.class)
        .hasMessage("the guest agent refuses guest-shutdown: not now");
  }

  @Test
  void aRefusalThatTakesItsTimeIsHeard() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.refusesAfter = Duration.ofMillis(500);
    fake.junk =
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no privilege\"}}\n"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.shutDown(GuestAgent.Shutdown.RESTART))
        .isInstanceOf(GuestAgentException.class)
        .hasMessage("the guest agent refuses guest-shutdown: no privilege");
  }

  @Test
  void aGuestThatGoesDownSaysNothing() throws Exception {
    Path socket = directory.resolve("agent");
    fake = new FakeAgent(socket, command -> FakeAgent.Program.ended(0), mode -> fake.cut());
    // Longer than the test may take: an answer is not waited for.
    agent = new GuestAgent(socket, Duration.ofHours(1));
    agent.shutDown(GuestAgent.Shutdown.POWER_OFF);
  }

  @Test
  void aProgramThatARestartedAgentDoesNotKnowIsLost() throws Exception {
    start(command -> FakeAgent.Program.LOST);
    assertThatThrownBy(() -> agent.run(List.of("dism.exe"), LIMIT))
        .isInstanceOf(LostProgramException.class)
        .hasMessageContaining("was restarted while dism.exe ran");
  }

  @Test
  void aSilentAgentIsWaitedForAndThenGivenUp() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.silent = true;
    assertThat(agent.await(Duration.ofMillis(300))).isFalse();
    fake.silent = false;
    fake.cut();
    assertThat(agent.await(LIMIT)).isTrue();
  }

  @Test
  void junkIsAnError() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    assertThat(agent.await(LIMIT)).isTrue();
    fake.junk = "<html>\u001b[31m\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT))
        .isInstanceOf(GuestAgentException.class)
        .hasMessage("the guest agent's response to guest-exec is not JSON: <html>");
    fake.junk = "{\"return\": {\"pid\": \"x\"}}\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT)).hasMessageContaining("has no pid");
    fake.junk = "[]\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT))
        .hasMessageContaining("neither a result nor an error");
  }

  @Test
  void whatCameOfOldRequestsIsPassedOver() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.junk = "{\"return\": 1}\n{\"return\": 2}\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT))
        .isInstanceOf(GuestAgentException.class);
    fake.junk = null;
    assertThat(agent.run(List.of("a.exe"), LIMIT).exitCode()).isZero();
  }

  @Test
  void aLineWithoutEndIsAnError() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.junk = new byte[9 << 20];
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), LIMIT))
        .isInstanceOf(GuestAgentException.class)
        .hasMessageContaining("too long");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMachineThatIsGoneIsAnErrorAtOnce(boolean itsSocketToo) throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    assertThat(agent.await(LIMIT)).isTrue();
    fake.close();
    if (itsSocketToo) {
      Files.delete(directory.resolve("agent"));
    }
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), Duration.ofHours(1)))
        .isInstanceOf(GuestAgentException.class)
        .hasMessage("the guest agent's machine has stopped");
  }

  @Test
  void closingEndsTheWait() throws Exception {
    start(command -> new FakeAgent.Program(null, ""));
    Thread closer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Thread.sleep(300);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              agent.close();
            });
    assertThatThrownBy(() -> agent.run(List.of("a.exe"), Duration.ofHours(1)))
        .isInstanceOf(GuestAgentException.class)
        .hasMessageContaining("Regild closed the connection");
    closer.join();
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    start(command -> FakeAgent.Program.ended(0));
    fake.silent = true;
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> agent.await(Duration.ofHours(1)))
        .isInstanceOf(InterruptedException.class);
  }

  private void start(Function<List<String>, FakeAgent.Program> programs) throws Exception {
    Path socket = directory.resolve("agent");
    fake = new FakeAgent(socket, programs, mode -> {});
    agent = new GuestAgent(socket, Duration.ofSeconds(5));
  }
}
