package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The conversation with stand-ins that do not keep to it. */
class DiskHolderTest {
  private static final Duration TAKING = Duration.ofMillis(300);

  @TempDir Path directory;

  /** A pipe takes 64 KiB; a request that is longer stays with its writer. */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aHelperThatNeverReadsKeepsNobodyWaiting() throws Exception {
    DiskHolder holder =
        start("echo $$ >%1$s/new; mv %1$s/new %1$s/pid; exec sleep 600".formatted(directory));
    while (Files.notExists(directory.resolve("pid"))) {
      Thread.sleep(5);
    }
    List<Path> chain = Collections.nCopies(100, Path.of("/" + "long/".repeat(400)));
    assertThatThrownBy(() -> holder.open(chain, directory, directory, List.of()))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("does not answer");
    long helper = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
    assertThat(ProcessHandle.of(helper)).isEmpty();
    holder.abort();
  }

  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoWaitsForAnAnswerIsToldWhyTheGuestWasEnded() throws Exception {
    DiskHolder holder = start("touch " + directory + "/reads; while read -r line; do :; done");
    Thread aborting =
        Thread.ofVirtual()
            .start(() -> {
              while (Files.notExists(directory.resolve("reads"))) {
                Thread.onSpinWait();
              }
              holder.abort("of the test");
            });
    assertThatThrownBy(holder::trim)
        .isInstanceOf(GuestException.class)
        .hasMessage("The guest was ended: of the test");
    aborting.join();
  }

  private DiskHolder start(String script) throws Exception {
    return DiskHolder.start(
        Program.of("sh", "-c", script), directory.resolve("holder.log"), TAKING);
  }
}
