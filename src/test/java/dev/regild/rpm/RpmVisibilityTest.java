package dev.regild.rpm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.plan.UpdatePolicy;
import dev.regild.rpm.RpmVisibility.Nevra;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** As libdnf and the plugin versionlock of dnf 4 read their patterns. */
class RpmVisibilityTest {
  private static final Nevra BASH = new Nevra("bash", "4.4.20-5.el8", "x86_64");
  private static final Nevra NEWER_BASH = new Nevra("bash", "4.4.20-6.el8", "x86_64");
  private static final Nevra CORE = new Nevra("kernel-core", "4.18.0-553.el8", "x86_64");
  private static final Nevra KERNEL = new Nevra("kernel", "4.18.0-553.el8", "x86_64");
  private static final Nevra NEWER_CORE = new Nevra("kernel-core", "4.18.0-560.el8", "x86_64");
  private static final Nevra SSL = new Nevra("openssl", "1:1.1.1k-9.el8", "x86_64");
  private static final List<Nevra> KNOWN = List.of(BASH, NEWER_BASH, CORE, KERNEL, NEWER_CORE, SSL);

  @Test
  void aLockKeepsAPackageAtItsVersionWhateverPartsOfItItNames() {
    for (String lock :
        List.of(
            "bash-0:4.4.20-5.el8.*",
            "bash-4.4.20-5.el8",
            "bash-0:4.4.20-5*",
            "0:bash-4.4.20-5.el8.*",
            "ba*-4.4.20-5.el8.x86_64")) {
      assertThat(hidden(locks(lock))).as(lock).containsExactly(NEWER_BASH);
    }
  }

  @Test
  void aLockWithoutAReleaseOrAVersionLetsPassWhatItCovers() {
    assertThat(hidden(locks("bash-4.4.20"))).isEmpty();
    assertThat(hidden(locks("bash-4.4.19"))).containsExactly(BASH, NEWER_BASH);
    assertThat(hidden(locks("bash"))).isEmpty();
  }

  @Test
  void aLockThatExcludesHidesItsVersionAlone() {
    assertThat(hidden(locks("!bash-0:4.4.20-6.el8.*"))).containsExactly(NEWER_BASH);
  }

  @Test
  void anExcludeIsANameBeforeItIsANameWithAVersion() {
    assertThat(hidden(excludes("kernel-*"))).containsExactly(CORE, NEWER_CORE);
    assertThat(hidden(excludes("kernel-4*"))).containsExactly(KERNEL);
    assertThat(hidden(excludes("kernel*"))).containsExactly(CORE, KERNEL, NEWER_CORE);
    assertThat(hidden(excludes("openssl-1:1.1.1k-9.el8"))).containsExactly(SSL);
    assertThat(hidden(excludes("openssl-0:1.1.1k-9.el8"))).isEmpty();
    assertThat(hidden(excludes("*.i686"))).isEmpty();
  }

  @Test
  void nothingInAPatternIsARegularExpressionOrCostsMoreThanItsLength() {
    assertThat(hidden(excludes("b.*h"))).isEmpty();
    assertThat(hidden(excludes("*\\E[("))).isEmpty();
    assertThat(hidden(excludes("*a".repeat(140)))).isEmpty();
    assertThat(hidden(excludes("x-".repeat(145)))).isEmpty();
  }

  @Test
  void aWholeNameIsLookedUpAndAPatternComparedOnceWithEachName() {
    List<Nevra> known = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      known.add(new Nevra("package" + i, "1-1", "x86_64"));
      known.add(new Nevra("package" + i, "1-2", "x86_64"));
    }
    List<String> names = numbered("package%d-1-1", 400);
    List<String> patterns = numbered("*a*g*x%d*", 100);
    RpmVisibility literal =
        new RpmVisibility(new UpdatePolicy("", List.of(), List.of(), names, names, false), known);
    assertThat(hiddenOf(literal, known)).isEqualTo(800);
    assertThat(literal.comparisons()).isZero();
    RpmVisibility hostile =
        new RpmVisibility(
            new UpdatePolicy("", List.of(), List.of(), patterns, List.of(), false), known);
    for (int i = 0; i < 3; i++) {
      assertThat(hiddenOf(hostile, known)).isZero();
    }
    // Once to find what each pattern stands for, once for each package that is offered.
    assertThat(hostile.comparisons()).isLessThanOrEqualTo(2 * 100 * 3000L);
  }

  private static long hiddenOf(RpmVisibility visibility, List<Nevra> known) {
    return known.stream().filter(each -> visibility.hiddenBy(each).isPresent()).count();
  }

  private static List<String> numbered(String format, int count) {
    return IntStream.range(0, count).mapToObj(format::formatted).toList();
  }

  private static List<Nevra> hidden(UpdatePolicy policy) {
    RpmVisibility visibility = new RpmVisibility(policy, KNOWN);
    return KNOWN.stream().filter(each -> visibility.hiddenBy(each).isPresent()).toList();
  }

  private static UpdatePolicy locks(String lock) {
    return new UpdatePolicy("", List.of(), List.of(), List.of(), List.of(lock), false);
  }

  private static UpdatePolicy excludes(String pattern) {
    return new UpdatePolicy("", List.of(), List.of(), List.of(pattern), List.of(), false);
  }
}
