package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.files.CurrentUser;
import dev.regild.fixtures.HostTools;
import dev.regild.server.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other users of the host can do to a data directory, and read in it. */
class DataDirectoryTest {
  private static final int ATTACKER = 65534;
  private static final List<String> DIRECTORIES =
      List.of("layers", "work", "disks", "exports", "packages", "snapshots", "channels");

  @TempDir Path temporary;

  @Test
  void aNewOneIsClosedThroughout() throws Exception {
    Path data = temporary.resolve("above/data");
    try (DataDirectory _ = DataDirectory.open(data)) {
      assertThat(mode(data)).isEqualTo("rwx------");
      assertThat(mode(data.resolve("lock"))).isEqualTo("rw-------");
      for (String name : DIRECTORIES) {
        assertThat(mode(data.resolve(name))).as(name).isEqualTo("rwx------");
      }
    }
  }

  @Test
  void oneOfAnEarlierVersionIsClosedWithItsFiles() throws Exception {
    Path data = open(temporary.resolve("data"));
    for (String name : DIRECTORIES) {
      open(data.resolve(name));
    }
    Path layer = file(data.resolve("layers/one.qcow2"), "r--r--r--");
    Path key = file(data.resolve("master.key"), "rw-r--r--");
    Path channel = file(data.resolve("channels/debian-12.yaml"), "rw-rw-rw-");
    Path index = file(open(data.resolve("snapshots/0123")).resolve("Packages"), "rw-r--r--");
    try (DataDirectory _ = DataDirectory.open(data)) {
      assertThat(mode(data)).isEqualTo("rwx------");
      for (String name : DIRECTORIES) {
        assertThat(mode(data.resolve(name))).as(name).isEqualTo("rwx------");
      }
      assertThat(mode(layer)).isEqualTo("r--------");
      assertThat(mode(key)).isEqualTo("rw-------");
      assertThat(mode(channel)).isEqualTo("rw-------");
      assertThat(mode(index)).isEqualTo("rw-------");
      assertThat(layer).hasContent("content");
    }
  }

  @Test
  void aLinkThatWasPlantedAsTheLockLeadsNowhere() throws Exception {
    Path canary = Files.writeString(temporary.resolve("canary"), "sings");
    Path data = Files.createDirectory(temporary.resolve("data"));
    Files.createSymbolicLink(data.resolve("lock"), canary);
    assertThatThrownBy(() -> DataDirectory.open(data)).isInstanceOf(ConfigException.class);
    assertThat(canary).hasContent("sings");
  }

  @Test
  void aLinkToTheDirectoryIsTheOperators() throws Exception {
    Path data = open(temporary.resolve("data"));
    Path link = Files.createSymbolicLink(temporary.resolve("link"), data);
    try (DataDirectory opened = DataDirectory.open(link)) {
      assertThat(opened.path()).isEqualTo(link);
      assertThat(mode(data)).isEqualTo("rwx------");
    }
  }

  @Test
  void anotherUsersDirectoryIsRefusedByName() throws Exception {
    Path data = foreign(Files.createDirectory(temporary.resolve("data")));
    assertThatThrownBy(() -> DataDirectory.open(data))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(data + " belongs to the user")
        .hasMessageContaining("chown");
  }

  @Test
  void anotherUsersFileInItIsRefusedByName() throws Exception {
    Path data = open(temporary.resolve("data"));
    Path planted = foreign(Files.writeString(data.resolve("credentials"), "theirs"));
    assertThatThrownBy(() -> DataDirectory.open(data))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(planted + " belongs to the user");
    Files.delete(planted);

    Path channel = foreign(Files.writeString(open(data.resolve("channels")).resolve("x.yaml"), ""));
    assertThatThrownBy(() -> DataDirectory.open(data)).hasMessageContaining(channel.toString());
  }

  private static Path open(Path directory) throws Exception {
    return Files.setPosixFilePermissions(
        Files.createDirectories(directory), PosixFilePermissions.fromString("rwxrwxr-x"));
  }

  private static Path file(Path file, String permissions) throws Exception {
    return Files.setPosixFilePermissions(
        Files.writeString(file, "content"), PosixFilePermissions.fromString(permissions));
  }

  private static Path foreign(Path file) throws Exception {
    HostTools.assume(CurrentUser.isRoot(), "only root can give a file to another user");
    Files.setAttribute(file, "unix:uid", ATTACKER, LinkOption.NOFOLLOW_LINKS);
    return file;
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
