package dev.regild.windows;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.Image;
import dev.regild.image.Registry;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.ServicingTask;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WindowsPlatformTest {
  @TempDir Path directory;

  @Test
  void anImageOfWhichNothingIsKnownIsToBeImportedAgain() throws Exception {
    try (Registry registry = new Registry(directory)) {
      Image golden = registry.available(Registry.ALICE, "golden");
      Inventory inventory =
          new Inventory(
              new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0.20348.2340"),
              "amd64",
              List.of());
      ServicingTask task =
          new ServicingTask(
              directory.resolve("overlay.qcow2"),
              null,
              inventory,
              new UpdatePlan(List.of()),
              UpdateOptions.NONE,
              directory,
              directory,
              golden.name(),
              "new");
      assertThatThrownBy(() -> new WindowsPlatform(null, null, null).open(task, null))
          .hasMessage("The Windows facts of golden are missing; import it again.");
    }
  }
}
