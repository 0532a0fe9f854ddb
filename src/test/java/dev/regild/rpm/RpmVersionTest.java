package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RpmVersionTest {
  @Test
  void tildeCaretDigitsAndLettersAreInRpmsOrder() {
    assertOrder("1.0~rc1-1", "1.0~rc2-1", "1.0-1", "1.0^git1-1", "1.0.1-1", "1:0.1-1");
    assertOrder("1.a-1", "1.b-1", "1.1-1", "1.9-1", "1.10-1");
    assertOrder("4.18.0-553.5.1.el8_10", "4.18.0-553.16.1.el8_10", "4.18.0-553.16.1.el8_10.1");
    assertThat(RpmVersion.compare("1.0", "1.0-1")).isNegative();
    assertThat(RpmVersion.compare("0:1.0-1", "1_00-1")).isZero();
    assertThat(RpmVersion.of("0", "1", "2")).isEqualTo(RpmVersion.of("(none)", "1", "2"));
  }

  /** {@code rpm.vercmp} of rpm's own Lua takes thousands of pairs in one process. */
  @Test
  void generatedPairsCompareAsRpmSays(@TempDir Path directory) throws Exception {
    HostTools.assumeInstalled("rpm");
    Random random = new Random(20260101);
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      String a = version(random);
      String b = random.nextInt(3) == 0 ? a + "~^.a01".charAt(random.nextInt(6)) : version(random);
      pairs.add(a + " " + b + " " + Integer.signum(RpmVersion.compare(a, b)));
    }
    Path file = Files.write(directory.resolve("pairs"), pairs);
    assertThat(rpmDiffers(file)).isEqualTo("asked 20000\n");
  }

  private static String rpmDiffers(Path pairs) throws IOException {
    String script =
        """
        local n = 0
        for line in io.lines("%s") do
          local a, b, order = line:match("(%%S+) (%%S+) (%%S+)")
          n = n + 1
          if rpm.vercmp(a, b) ~= tonumber(order) then print(line .. "\\n") end
        end
        print("asked " .. n)
        """
            .formatted(pairs);
    Process rpm =
        new ProcessBuilder("rpm", "--eval", "%{lua:" + script + "}")
            .redirectErrorStream(true)
            .start();
    return new String(rpm.getInputStream().readAllBytes(), UTF_8);
  }

  private static String version(Random random) {
    StringBuilder version = new StringBuilder();
    if (random.nextInt(4) == 0) {
      version.append(random.nextInt(3)).append(':');
    }
    version.append(random.nextInt(4));
    part(version, random);
    if (random.nextInt(4) != 0) {
      version.append('-').append(random.nextInt(3));
      part(version, random);
    }
    return version.toString();
  }

  private static void part(StringBuilder version, Random random) {
    String alphabet = "abZ.+_~^012390";
    for (int i = random.nextInt(6); i > 0; i--) {
      version.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
  }

  private static void assertOrder(String... ascending) {
    for (int i = 0; i < ascending.length; i++) {
      for (int j = 0; j < ascending.length; j++) {
        assertThat(Integer.signum(RpmVersion.compare(ascending[i], ascending[j])))
            .as(ascending[i] + " to " + ascending[j])
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }
}
