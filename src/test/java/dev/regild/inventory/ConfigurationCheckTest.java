package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.inventory.ConfigurationCheck.Expected;
import dev.regild.inventory.ConfigurationFiles.ChangedFile;
import dev.regild.inventory.ConfigurationFiles.State;
import dev.regild.machine.Program;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With this machine's find and md5sum, and without. */
class ConfigurationCheckTest {
  @TempDir Path directory;

  private final List<Expected> expected = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eachFileIsComparedWithWhatItsPackageBrought(boolean programs) throws Exception {
    expect("same.conf", "a");
    Files.writeString(directory.resolve("same.conf"), "a");
    expect("with space.conf", "b");
    Files.writeString(directory.resolve("with space.conf"), "by its owner");
    expect("missing.conf", "c");
    expect("missing.conf", "c"); // by the package for another architecture
    expect("link.conf", "a");
    Files.createSymbolicLink(directory.resolve("link.conf"), Path.of("same.conf"));
    ConfigurationFiles found = ConfigurationCheck.md5(expected, guest(programs));
    assertThat(found)
        .isEqualTo(
            new ConfigurationFiles(
                4,
                4,
                List.of(
                    new ChangedFile(path("missing.conf"), "of missing.conf", State.MISSING),
                    new ChangedFile(
                        path("with space.conf"), "of with space.conf", State.CHANGED))));
  }

  /** As a guest could put them there: none of it stops or fills the reader. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsNoSmallFileIsNotCompared(boolean programs) throws Exception {
    expect("pipe", "a");
    var _ = Program.of("mkfifo", path("pipe")).run();
    expect("large", "a");
    try (RandomAccessFile file = new RandomAccessFile(path("large"), "rw")) {
      file.setLength((1 << 20) + 1);
    }
    expect("directory", "a");
    Files.createDirectory(directory.resolve("directory"));
    expect("dangling", "a");
    Files.createSymbolicLink(directory.resolve("dangling"), Path.of("nowhere"));
    expected.add(new Expected("--version", "an option", "00"));
    expected.add(new Expected(path("a\\b"), "an escape", "00"));
    expected.add(new Expected(path("a\nb"), "two lines", "00"));
    expected.add(new Expected(path("a\ufffdb"), "not UTF-8", "00"));
    expected.add(new Expected("/" + "x".repeat(300), "a long path", "00"));
    assertThat(ConfigurationCheck.md5(expected, guest(programs)))
        .isEqualTo(new ConfigurationFiles(9, 0, List.of()));
  }

  @Test
  void aGuestWhoseProgramsFailHasNothingCompared() throws Exception {
    expect("same.conf", "a");
    GuestFiles broken =
        new Reading(directory) {
          @Override
          public boolean runsPrograms() {
            return true;
          }

          @Override
          public String run(String... command) throws IOException {
            throw new IOException("find: not found");
          }
        };
    assertThat(ConfigurationCheck.md5(expected, broken))
        .isEqualTo(new ConfigurationFiles(1, 0, List.of()));
  }

  private void expect(String name, String content) throws Exception {
    byte[] digest = MessageDigest.getInstance("MD5").digest(content.getBytes(UTF_8));
    expected.add(new Expected(path(name), "of " + name, HexFormat.of().formatHex(digest)));
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private GuestFiles guest(boolean programs) {
    return programs ? new Running(directory) : new Reading(directory);
  }

  private static final class Running extends Reading {
    Running(Path directory) {
      super(directory);
    }

    @Override
    public boolean runsPrograms() {
      return true;
    }

    @Override
    public String run(String... command) throws IOException {
      try {
        return Program.of(List.of(command)).run();
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  private static class Reading implements GuestFiles {
    private final Path directory;

    Reading(Path directory) {
      this.directory = directory;
    }

    @Override
    public byte[] read(String path) throws IOException {
      throw new IOException("not by this");
    }

    @Override
    public boolean runsPrograms() {
      return false;
    }

    @Override
    public Optional<byte[]> small(String path, int mostBytes) throws IOException {
      Path file = directory.resolve(path);
      return Files.isRegularFile(file) && Files.size(file) <= mostBytes
          ? Optional.of(Files.readAllBytes(file))
          : Optional.empty();
    }

    @Override
    public boolean exists(String path) {
      return Files.exists(directory.resolve(path), LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public String run(String... command) throws IOException {
      throw new IOException("not by this");
    }
  }
}
