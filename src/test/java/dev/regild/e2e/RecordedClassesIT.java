package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's file of recorded classes, in a source tree whose program is one small class. */
class RecordedClassesIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir Path tree;

  @BeforeEach
  void copyTheLauncher() throws IOException {
    Files.copy(Path.of("regild"), tree.resolve("regild"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createFile(tree.resolve("pom.xml"));
    Files.createDirectories(tree.resolve("src/main"));
    Files.createDirectories(tree.resolve("src/demo"));
    Files.createDirectories(tree.resolve("target"));
  }

  @Test
  void anEarlierBuildsClassesAreNotRun() throws Exception {
    build("old");
    record();
    assertThat(launch()).startsWith("old").contains("-XX:AOTCache=");
    build("new");
    assertThat(launch())
        .as("the JDK runs what is in the file, whatever is in the jar")
        .startsWith("new")
        .doesNotContain("-XX:AOTCache=");
  }

  /** As a training does, which takes the file's name from the launcher. */
  private void record() throws Exception {
    String launcher = Files.readString(Path.of("regild"));
    int start = launcher.indexOf("\nname_recorded() {");
    int end = launcher.indexOf("\n}\n", start) + 3;
    assertThat(start).isPositive().isLessThan(end);
    String _ =
        Program.of(
                List.of(
                    "bash",
                    "-c",
                    "root=$0; %s name_recorded; exec \"$1\" -XX:+UseSerialGC -XX:AOTCacheOutput=\"$recorded\" -jar \"$root/target/regild.jar\""
                        .formatted(launcher.substring(start, end)),
                    tree.toString(),
                    JAVA.toString()))
            .within(LIMIT)
            .run();
  }

  private String launch() throws Exception {
    return Program.of(List.of(tree.resolve("regild").toString(), "images"))
        .with("JAVA_HOME", System.getProperty("java.home"))
        .within(LIMIT)
        .run();
  }

  private void build(String says) throws IOException {
    Path source = tree.resolve("Main.java");
    Files.writeString(
        source,
        """
        public class Main {
          public static void main(String[] arguments) {
            System.out.println("%s " + java.util.Arrays.toString(
                ProcessHandle.current().info().arguments().orElseThrow()));
          }
        }
        """
            .formatted(says));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", tree.toString(), source.toString());
    assertThat(status).isZero();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "Main");
    try (OutputStream file = Files.newOutputStream(tree.resolve("target/regild.jar"));
        JarOutputStream jar = new JarOutputStream(file, manifest)) {
      JarEntry entry = new JarEntry("Main.class");
      entry.setTime(0);
      jar.putNextEntry(entry);
      jar.write(Files.readAllBytes(tree.resolve("Main.class")));
    }
    Files.write(tree.resolve("target/regild.stamp"), "".getBytes(UTF_8));
  }
}
