package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import dev.regild.machine.VirtualMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A server that is killed while it imports a disk: the next one on the same data ends the import
 * well, and nothing stays of what the first had going.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ImportCrashIT {
  private static final String IMAGE = "imported";
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration END_OF_CHILDREN = Duration.ofSeconds(10);

  @TempDir Path directory;
  private ServerProcess server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void anImportThatIsKilledWhileItInspectsAndWhileItBootsEndsAvailable() throws Exception {
    Path data = directory.toRealPath().resolve("data");
    server = ServerProcess.start(data, "vm");
    server.startImport(Fixtures.goldenImage(), IMAGE, Map.of("RuntimeValidationConfig", Map.of()));
    await("the appliance", () -> programs().contains("qemu-system"));
    assertThat(state()).isEqualTo("IMPORTING");
    restart(data);

    await("the boot", () -> programs().contains(VirtualMachine.REPORT_PORT));
    assertThat(state()).isEqualTo("VALIDATING");
    restart(data);

    JsonNode image = server.awaitEnd(IMAGE);
    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("AVAILABLE");
    JsonNode shown = server.get("/regild/v1/images/" + IMAGE).body();
    assertThat(shown.path("qualification").path("systemState").asString()).isEqualTo("running");
    await("the end of all that it started", () -> server.leftovers().isEmpty());
    assertThat(list(data.resolve("disks"))).isEmpty();
    assertThat(list(data.resolve("layers"))).hasSize(1);
  }

  private void restart(Path data) throws Exception {
    server.kill();
    await(END_OF_CHILDREN, "the end of its programs", () -> server.outsideLeftovers().isEmpty());
    server = ServerProcess.start(data, "vm");
  }

  private String state() throws Exception {
    return server
        .call("DescribeImages", Map.of("Names", List.of(IMAGE)))
        .body()
        .at("/Images/0/State")
        .asString();
  }

  /** The command lines of the programs that work on the data, beside the server. */
  private String programs() throws Exception {
    return String.join("\n", server.outsideLeftovers());
  }

  private static void await(String what, Callable<Boolean> done) throws Exception {
    await(LIMIT, what, done);
  }

  private static void await(Duration limit, String what, Callable<Boolean> done) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!done.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(200);
    }
  }

  private static List<Path> list(Path of) throws Exception {
    try (Stream<Path> files = Files.list(of)) {
      return files.toList();
    }
  }
}
