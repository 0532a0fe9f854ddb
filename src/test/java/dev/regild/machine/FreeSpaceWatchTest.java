package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeSpaceWatchTest {
  @TempDir Path directory;

  @Test
  void tellsOfAShortageInAThreadThatVirtualOnesCannotHoldUp() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    CompletableFuture<String> shortage = new CompletableFuture<>();
    List<FreeSpace> full = List.of(new FreeSpace(directory, Long.MAX_VALUE));
    try (FreeSpaceWatch _ =
        FreeSpaceWatch.start(
            full,
            reason -> {
              thread.complete(Thread.currentThread());
              shortage.complete(reason);
            })) {
      assertThat(shortage.get(120, TimeUnit.SECONDS)).contains("must stay free");
    }
    assertThat(thread.join().isVirtual()).isFalse();
    assertThat(thread.join().isDaemon()).isTrue();
  }

  @Test
  void saysNothingWhileThereIsRoom() throws Exception {
    CompletableFuture<String> shortage = new CompletableFuture<>();
    try (FreeSpaceWatch _ =
        FreeSpaceWatch.start(List.of(new FreeSpace(directory, 0)), shortage::complete)) {
      Thread.sleep(300);
    }
    assertThat(shortage).isNotDone();
  }
}
