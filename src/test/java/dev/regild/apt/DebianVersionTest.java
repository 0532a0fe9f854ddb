package dev.regild.apt;

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

class DebianVersionTest {
  @Test
  void policysOwnExamplesAreInOrder() {
    assertOrder("~~", "~~a", "~", "", "a");
    assertOrder("1.0~rc1-1", "1.0-1~bpo12+1", "1.0-1", "1.0-1+deb12u1", "1.0-1+deb12u10", "1:0.1");
    assertOrder("1.9", "1.10", "1.10a", "1.10+", "1.10.1");
    assertThat(DebianVersion.compare("0:1.0-0", "1.0")).isZero();
    assertThat(DebianVersion.compare("1.00", "1.0")).isZero();
    assertThat(DebianVersion.compare("1-2-3", "1-2-4")).isNegative();
  }

  @Test
  void generatedPairsCompareAsDpkgSays() throws Exception {
    HostTools.assumeInstalled("dpkg");
    assertThat(differingFromDpkg(pairs(200))).isEmpty();
  }

  /** Dpkg's own comparison in Perl takes thousands of pairs in one process. */
  @Test
  void manyGeneratedPairsCompareAsDpkgsPerlModuleSays() throws Exception {
    String script =
        """
        use Dpkg::Version;
        while (<STDIN>) {
          my ($a, $relation, $b) = split;
          my $order = version_compare($a, $b);
          print "$_" if $relation ne ($order < 0 ? "lt" : $order > 0 ? "gt" : "eq");
        }
        """;
    HostTools.assumeInstalled("perl");
    HostTools.assume(
        new ProcessBuilder("perl", "-MDpkg::Version", "-e", "1").start().waitFor() == 0,
        "not installed: libdpkg-perl");
    assertThat(output(pairs(20_000), "perl", "-e", script)).isEmpty();
  }

  static List<String> differingFromDpkg(List<String> pairs) throws IOException {
    String script =
        """
        while read a relation b; do
          dpkg --compare-versions "$a" "$relation" "$b" 2>/dev/null || echo "$a $relation $b"
        done
        """;
    return output(pairs, "sh", "-c", script);
  }

  /** Generated versions, and our opinion of their order between them. */
  static List<String> pairs(int count) {
    Random random = new Random(20260101);
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String a = version(random);
      String b = random.nextInt(3) == 0 ? mutated(a, random) : version(random);
      String relation =
          switch (Integer.signum(DebianVersion.compare(a, b))) {
            case -1 -> "lt";
            case 0 -> "eq";
            default -> "gt";
          };
      pairs.add(a + " " + relation + " " + b);
    }
    return pairs;
  }

  private static List<String> output(List<String> input, String... command) throws IOException {
    Path file = Files.createTempFile("pairs", ".txt");
    try {
      Files.write(file, input);
      Process process = new ProcessBuilder(command).redirectInput(file.toFile()).start();
      return new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    } finally {
      Files.delete(file);
    }
  }

  private static String version(Random random) {
    StringBuilder version = new StringBuilder();
    if (random.nextInt(4) == 0) {
      version.append(random.nextInt(3)).append(':');
    }
    version.append(random.nextInt(4));
    part(version, random, "ab.+~012390Z");
    if (random.nextBoolean()) {
      version.append("-").append(random.nextInt(3));
      part(version, random, "ab.+~0129");
    }
    return version.toString();
  }

  private static void part(StringBuilder version, Random random, String alphabet) {
    for (int i = random.nextInt(6); i > 0; i--) {
      version.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
  }

  private static String mutated(String version, Random random) {
    return version + "~+a01".charAt(random.nextInt(5));
  }

  private static void assertOrder(String... ascending) {
    for (int i = 0; i < ascending.length; i++) {
      for (int j = 0; j < ascending.length; j++) {
        assertThat(Integer.signum(DebianVersion.compare(ascending[i], ascending[j])))
            .as(ascending[i] + " to " + ascending[j])
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }
}
