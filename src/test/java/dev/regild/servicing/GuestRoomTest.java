package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestRoomTest {
  private static final String NO_RIGHTS = "caps 0000000000000000\n";

  /** A root of 100 free MiB for users, 150 for root, and 500 free inodes. */
  private static final String ROOT = "place / 4096 25600 38400 1000 500\n";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    // bytes in MiB, whether a kernel comes, what the guest says beside its places, the refusal
    "90, false, '', ''",
    "97, false, '', '/ of the image is full: 101 MiB needed, 100 MiB free'",
    "97, false, 'caps 000001ffffffffff', ''",
    "147, false, 'caps 000001ffffffffff', '/ of the image is full: 151 MiB needed, 150 MiB free'",
    "-5, false, '', ''",
    "60, false, 'kib 30720', ''",
    "60, false, 'kib 40960', '/ of the image is full: 104 MiB needed, 100 MiB free'",
    "60, true, 'boot 41943040', '/ of the image is full: 104 MiB needed, 100 MiB free'",
    "60, false, 'boot 41943040', ''",
    "1, false, 'files 501', '/ of the image is full: 501 inodes needed, 500 free'",
    "1, false, 'kernel-files 501', ''",
    "1, true, 'kernel-files 501', '/ of the image is full: 501 inodes needed, 500 free'",
    "1, true, 'boot 99999999999999999999', ''",
  })
  void anUpdateThatHasNoRoomIsRefusedWithBothSizes(
      long mebibytes, boolean kernel, String more, String refusal) {
    String said = NO_RIGHTS + more + "\n" + ROOT + ROOT;
    assertRefused(said, mebibytes, kernel, refusal);
  }

  @Test
  void aBootPartitionIsCountedForItself() {
    String said = NO_RIGHTS + ROOT + "place /boot 1024 30720 30720 100 50\nboot 20971520\n";
    assertRefused(said, 90, true, "");
    assertRefused(
        said + "boot 20971520\n",
        90,
        true,
        "/boot of the image is full: 40 MiB needed, 30 MiB free");
    assertRefused(said + "boot 20971520\n", 90, false, "");
  }

  @Test
  void aFileSystemWithoutANumberOfInodesIsNotCountedByThem() {
    String place = "place / 4096 25600 25600 0 0\n";
    assertRefused(place + place + "files 400000\n", 1, false, "");
  }

  @ParameterizedTest
  @CsvSource({
    "place / 4096 x 1 1 1",
    "place / 4096 1 1 1",
    "place / 99999999999999999 1 1 1 1",
    "''"
  })
  void aGuestThatDoesNotTellIsLeftToItsPackageManager(String place) {
    assertRefused(place + "\n" + ROOT, 500, false, "");
  }

  /** On this machine, whose room is what it is. */
  @Test
  void theScriptTellsOfThisMachine() throws Exception {
    assumeThat(HostTools.areInstalled("dpkg-query")).isTrue();
    Path script = directory.resolve("room.sh");
    Files.write(script, Resources.read("room.sh"));
    List<String> lines =
        Program.of("sh", script.toString(), "dpkg", "absent").run().lines().toList();
    assertThat(lines.stream().filter(line -> line.matches("place /\\S* \\d+ \\d+ \\d+ \\d+ \\d+")))
        .hasSize(2);
    assertThat(lines).anyMatch(line -> line.matches("caps [0-9a-f]{16}"));
    assertThat(lines).anyMatch(line -> line.matches("files [1-9]\\d+"));
    assertThat(lines).anyMatch(line -> line.matches("kib [1-9]\\d+"));
  }

  private static void assertRefused(String said, long mebibytes, boolean kernel, String refusal) {
    GuestRoom room = new GuestRoom(saying(said));
    GuestRoom.Need need = new GuestRoom.Need(mebibytes << 20, kernel, List.of("dpkg"));
    if (refusal.isEmpty()) {
      assertThatCode(() -> room.require(need)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> room.require(need))
          .isInstanceOf(GuestException.class)
          .hasMessage(refusal);
    }
  }

  /** A guest whose programs all print the same. */
  private static Guest saying(String output) {
    return (Guest)
        Proxy.newProxyInstance(
            Guest.class.getClassLoader(),
            new Class<?>[] {Guest.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "run" -> output;
                  case "hand" -> {
                    assertThat(new String((byte[]) arguments[1], UTF_8)).startsWith("#!/bin/sh");
                    yield "/script";
                  }
                  default -> throw new AssertionError(method);
                });
  }
}
