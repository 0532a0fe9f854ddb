package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** On what package managers wrote when they failed. */
class FirstCauseTest {
  @Test
  void dpkgsPackageComesBeforeWhatAptSumsUp() {
    String told =
        told(
            """
            nsenter failed with status 100: dpkg: error processing package grub-pc (--configure):
             installed grub-pc package post-installation script subprocess returned error exit status 1
            E: Sub-process /usr/bin/dpkg returned an error code (1)
            Setting up grub-pc (2.06-13+deb12u1) ...
            grub-install: error: cannot find a GRUB drive for /dev/vda.
            """);
    assertThat(told.lines().findFirst())
        .hasValue("dpkg: error processing package grub-pc (--configure):");
    assertThat(told).contains("cannot find a GRUB drive for /dev/vda");
  }

  @Test
  void aHookIsNamed() {
    assertThat(
            told(
                """
                Setting up bash (5.2) ...
                mount: /tmp: permission denied.
                E: Problem executing scripts DPkg::Post-Invoke 'mount -o remount,exec /tmp'
                E: Sub-process returned an error code
                """))
        .startsWith(
            "E: Problem executing scripts DPkg::Post-Invoke 'mount -o remount,exec /tmp'\n");
  }

  @Test
  void rpmsScriptletAndDnfsErrorAreCauses() {
    assertThat(
            told(
                """
                progress\t1\t2
                error: %prein(tool-2.0-1.el8.noarch) scriptlet failed, exit status 1
                """))
        .startsWith("error: %prein(tool-2.0-1.el8.noarch) scriptlet failed");
    assertThat(told("warning: odd\ndnf: Problem: nothing provides not-to-be-had\n"))
        .startsWith("dnf: Problem: nothing provides not-to-be-had");
  }

  @Test
  void anExceptionsNameIsReadWhateverItsLength() {
    assertThat(told("noise\nyum.Errors.RepoError: no repository\n"))
        .startsWith("yum.Errors.RepoError: no repository");
    String hostile = "a.".repeat(100_000);
    assertThat(told("noise\n" + hostile + "\nE: broken\n")).startsWith("E: broken\n");
    assertThat(told(hostile)).hasSizeLessThan(2000);
  }

  @Test
  void contextIsFewWholeLinesEachOnce() {
    String noise =
        IntStream.range(0, 200).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
    String told = told(noise + "twice\ntwice\nE: broken\n" + noise);
    assertThat(told.lines().count()).isLessThanOrEqualTo(16);
    assertThat(told.lines().findFirst()).hasValue("E: broken");
    assertThat(told.lines()).doesNotHaveDuplicates().contains("twice");
    assertThat(told.lines().skip(1)).allMatch(line -> line.matches("line \\d+|twice"));
  }

  @Test
  void whereNothingIsKnownTheFirstLineIsTheCause() {
    assertThat(told("something odd\nand more\n")).isEqualTo("something odd\nand more");
    assertThat(told("")).isEmpty();
  }

  private static String told(String output) {
    return String.valueOf(FirstCause.told(new GuestException(output)).getMessage());
  }
}
