package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplianceKernelTest {
  @TempDir Path root;

  @Test
  void aKernelNeedsItsModules() throws Exception {
    assertThat(ApplianceKernel.find(Map.of(), root)).isEmpty();
    Path kernel =
        Files.createFile(Files.createDirectory(root.resolve("boot")).resolve("vmlinuz-6.1.0-1"));
    assertThat(ApplianceKernel.find(Map.of(), root)).isEmpty();
    Files.createDirectories(root.resolve("lib/modules/6.1.0-1"));
    assertThat(ApplianceKernel.find(Map.of(), root)).contains(kernel);
  }

  @Test
  void theOneThatIsNamedIsTakenOrNone() throws Exception {
    Path named = root.resolve("kernel");
    Map<String, String> environment = Map.of("SUPERMIN_KERNEL", named.toString());
    assertThat(ApplianceKernel.find(environment, root)).isEmpty();
    Files.createFile(named);
    assertThat(ApplianceKernel.find(environment, root)).contains(named);
  }
}
