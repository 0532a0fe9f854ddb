package dev.regild.apt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.FreeSpace;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real packages, made and installed by the host's dpkg. */
@EnabledIf("canRun")
class PlainDebIT {
  private static final String TREE =
      """
      cd "$1"
      find . -printf '%p %y %m %U %G %l\\n'
      find . -type f ! -path './var/lib/dpkg/lock*' -exec sha256sum {} +
      find . -path ./var/lib/dpkg -prune -o -type f -printf '%p %T@\\n'
      """;

  @TempDir Path directory;
  private Path content;

  static boolean canRun() {
    return HostTools.areInstalled("dpkg", "dpkg-deb", "bwrap", "xz", "zstd");
  }

  @BeforeEach
  void makeContent() throws Exception {
    content = directory.resolve("content");
    Path control = Files.createDirectories(content.resolve("DEBIAN"));
    Files.writeString(
        control.resolve("control"),
        """
        Package: canary
        Version: 1:2-3
        Architecture: all
        Maintainer: Nobody <nobody@example.com>
        Description: has a file of each kind
        """);
    Files.writeString(control.resolve("conffiles"), "/etc/canary.conf\n");
    Path library = Files.createDirectories(content.resolve("usr/lib/canary"));
    Files.writeString(Files.createDirectories(content.resolve("etc")).resolve("canary.conf"), "x");
    byte[] random = new byte[100_001];
    new Random(1).nextBytes(random);
    Files.write(library.resolve("random"), random);
    Files.write(library.resolve("zeros"), new byte[3 << 20]);
    Files.createSymbolicLink(library.resolve("link"), Path.of("random"));
    Files.createLink(library.resolve("second"), library.resolve("random"));
    Files.setPosixFilePermissions(
        Files.writeString(library.resolve("program"), "#!/bin/sh\n"),
        PosixFilePermissions.fromString("rwxr-x--x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"xz", "zstd", "gzip"})
  void dpkgInstallsTheSameFromTheCopy(String compression) throws Exception {
    Path deb = deb(compression);
    Path plain = directory.resolve("plain.deb");

    assertThat(PlainDeb.copy(deb, plain)).isTrue();

    assertThat(run("ar", "t", plain.toString()).lines().skip(2)).containsExactly("data.tar");
    for (String part : List.of("--ctrl-tarfile", "--fsys-tarfile")) {
      assertThat(hash(part, plain)).isEqualTo(hash(part, deb));
    }
    assertThat(installed(plain, "a")).isEqualTo(installed(deb, "b"));
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .as("nothing is left over")
          .containsExactlyInAnyOrder("content", "packed.deb", "plain.deb", "a", "b");
    }
  }

  @Test
  void onesThatAreNotCompressedOrOfAnotherFormAreLeftAsTheyAre() throws Exception {
    Path plain = directory.resolve("plain.deb");
    assertThat(PlainDeb.copy(deb("none"), plain)).isFalse();

    byte[] bytes = Files.readAllBytes(deb("xz"));
    String appended = "_more           0           0     0     100644  0         `\n";
    Path more = Files.write(directory.resolve("more.deb"), bytes);
    if (bytes.length % 2 != 0) {
      Files.write(more, new byte[] {'\n'}, APPEND);
    }
    Files.write(more, appended.getBytes(US_ASCII), APPEND);
    assertThat(PlainDeb.copy(more, plain)).isFalse();

    assertThat(plain).doesNotExist();
  }

  @Test
  void theGuestUnpacksThemWhereThereIsNoRoomForCopies() throws Exception {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    Path deb = Files.move(deb("xz"), packages.resolve("a.deb"));
    long room = FreeSpace.DEFAULT_MARK_BYTES + 12 * Files.size(deb);
    Path plain = Files.createDirectory(directory.resolve("plain"));
    assertThat(PlainDebs.copy(packages, plain, 1, room - 1, _ -> {})).isFalse();
    assertThat(plain).isEmptyDirectory();
    assertThat(PlainDebs.copy(packages, plain, 1, room, _ -> {})).isTrue();
    assertThat(plain.resolve("a.deb")).isNotEmptyFile();
  }

  @Test
  void aDamagedOneLeavesNoCopy() throws Exception {
    Path plain = directory.resolve("plain.deb");
    byte[] bytes = Files.readAllBytes(deb("xz"));
    bytes[bytes.length - 2000] ^= 0x55;
    Path damaged = Files.write(directory.resolve("damaged.deb"), bytes);
    assertThatThrownBy(() -> PlainDeb.copy(damaged, plain)).isInstanceOf(ProgramException.class);

    Path cut = Files.write(directory.resolve("cut.deb"), Arrays.copyOf(bytes, 100));
    assertThatThrownBy(() -> PlainDeb.copy(cut, plain)).isInstanceOf(IOException.class);

    assertThat(plain).doesNotExist();
    assertThat(directory.resolve("plain.deb.packed")).doesNotExist();
  }

  @Test
  void aDirectoryIsCopiedBesideTheOnesThatCantBe() throws Exception {
    Path packages = Files.createDirectory(directory.resolve("packages"));
    Files.createSymbolicLink(packages.resolve("canary_1%3a2-3_all.deb"), deb("zstd"));
    Files.writeString(packages.resolve("broken.deb"), "not a package");
    Path copies = directory.resolve("copies");

    assertThat(PlainDebs.copy(packages, copies)).isTrue();

    try (Stream<Path> files = Files.list(copies)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactly("canary_1%3a2-3_all.deb");
    }
  }

  private Path deb(String compression) throws Exception {
    Path deb = directory.resolve("packed.deb");
    run("dpkg-deb", "-Z" + compression, "--build", content.toString(), deb.toString());
    return deb;
  }

  private static String hash(String part, Path deb) throws Exception {
    return run("sh", "-c", "dpkg-deb \"$1\" \"$2\" | sha256sum", "sh", part, deb.toString());
  }

  /** The tree and dpkg's own records of a root in which nothing else is installed. */
  private List<String> installed(Path deb, String name) throws Exception {
    Path root = directory.resolve(name);
    Files.createDirectories(root.resolve("var/lib/dpkg/info"));
    Files.createDirectories(root.resolve("var/lib/dpkg/updates"));
    Files.writeString(root.resolve("var/lib/dpkg/status"), "");
    run(
        "dpkg",
        "--root=" + root,
        "--log=/dev/null",
        "--force-not-root,script-chrootless,unsafe-io,bad-path",
        "--install",
        deb.toString());
    return run("sh", "-ec", TREE, "sh", root.toString()).lines().sorted().toList();
  }

  private static String run(String... command) throws Exception {
    return Program.of(command).run();
  }
}
