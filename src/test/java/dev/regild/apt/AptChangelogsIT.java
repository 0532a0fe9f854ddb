package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.insight.Changelog;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.Replacement;
import dev.regild.insight.SourceFixes;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real packages of Debian, downloaded by this machine's own apt. What is found in them is compared,
 * CVE by CVE, with what python3-debian finds in the same files.
 */
class AptChangelogsIT {
  private static final Pattern KERNEL = Pattern.compile("Depends: (linux-image-\\S+)");

  /** Debian's own, which has Debian's modules. */
  private static final String PYTHON_PROGRAM = "/usr/bin/python3";

  /** Prints each CVE of the entries that are later than a version, in whatever words. */
  private static final String PYTHON =
      """
      import re, sys
      from debian.changelog import Changelog
      from debian.debian_support import Version
      from debian.debfile import DebFile
      path, since = sys.argv[1:]
      deb = DebFile(path)
      text = deb.changelog()
      if text is None:
          sys.exit(0)
      cves = set()
      for block in text:
          if Version(str(block.version)) > Version(since):
              words = ' '.join(line.strip() for line in block.changes())
              cves.update(re.findall(r'\\bCVE-\\d{4}-\\d{4,}\\b', words))
      print('\\n'.join(sorted(cves)))
      """;

  @TempDir Path directory;

  @Test
  void whatRealPackagesFixIsWhatAnotherReaderFindsInThem() throws Exception {
    HostTools.assumeInstalled("apt-get", "apt-cache");
    HostTools.assume(hasPythonDebian(), "python3-debian is not installed: apt-get install it");
    String meta = "linux-image-cloud-amd64";
    String kernel = kernel(meta);
    Map<String, Path> files =
        downloaded(
            meta,
            kernel,
            "openssl",
            "libssl3",
            "libperl5.36",
            "perl-base",
            "libgcc-s1",
            "gcc-12-base",
            "bash",
            "tzdata");
    Map<String, Changelog> read = new HashMap<>();
    for (Map.Entry<String, Path> each : files.entrySet()) {
      read.put(each.getKey(), new AptNotes().changelog(each.getValue()).orElseThrow());
    }

    assertThat(read.get(meta))
        .satisfies(it -> assertThat(it.sharedWith()).isEqualTo(kernel))
        .satisfies(it -> assertThat(it.source()).isEqualTo("linux-signed-amd64"));
    assertThat(read.get("libgcc-s1").sharedWith()).isEqualTo("gcc-12-base");
    assertThat(read.get("bash").version()).contains("+b");
    assertThat(read.get("bash").sourceVersion()).doesNotContain("+b");
    assertThat(read.values()).extracting(Changelog::problem).containsOnly("");

    List<InstalledPackage> installed =
        List.of(
            installed(meta, "6.1.158-1", "linux-signed-amd64", "6.1.158+1"),
            installed(
                "linux-image-6.1.0-41-cloud-amd64", "6.1.158-1", "linux-signed-amd64", "6.1.158+1"),
            installed("openssl", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1"),
            installed("libssl3", "3.0.15-1~deb12u1", "openssl", "3.0.15-1~deb12u1"),
            installed("libperl5.36", "5.36.0-7", "perl", "5.36.0-7"),
            installed("perl-base", "5.36.0-7", "perl", "5.36.0-7"),
            installed("libgcc-s1", "12.2.0-13", "gcc-12", "12.2.0-13"),
            installed("gcc-12-base", "12.2.0-13", "gcc-12", "12.2.0-13"),
            installed("bash", "5.2.15-2+b2", "bash", "5.2.15-2"),
            installed("tzdata", "2024a-0+deb12u1", "tzdata", "2024a-0+deb12u1"));
    Fixes fixes = fixes(installed, read);

    // Each file by the version that its source had.
    assertThat(found(fixes, "linux-signed-amd64")).isEqualTo(named(files.get(kernel), "6.1.158-1"));
    assertThat(found(fixes, "openssl")).isEqualTo(named(files.get("libssl3"), "3.0.15-1~deb12u1"));
    assertThat(found(fixes, "perl")).isEqualTo(named(files.get("perl-base"), "5.36.0-7"));
    assertThat(found(fixes, "gcc-12")).isEqualTo(named(files.get("gcc-12-base"), "12.2.0-13"));
    assertThat(found(fixes, "bash")).isEmpty();
    Fixes.Counts counts = fixes.counts();
    assertThat(counts.unknown()).isEmpty();
    assertThat(counts.kernel()).isGreaterThan(1000);
    assertThat(counts.fixed())
        .isEqualTo(
            Stream.of("openssl", "perl", "gcc-12", "tzdata", "bash")
                .mapToInt(source -> source(fixes, source).fixed().size())
                .sum());
    assertThat(source(fixes, "openssl").packages()).containsExactly("libssl3", "openssl");
  }

  private static SourceFixes source(Fixes fixes, String source) {
    return fixes.sources().stream()
        .filter(each -> each.source().equals(source))
        .findFirst()
        .orElseThrow();
  }

  private static Set<String> found(Fixes fixes, String source) {
    SourceFixes all = source(fixes, source);
    Set<String> cves = new TreeSet<>();
    Stream.of(all.fixed(), all.mentioned())
        .flatMap(List::stream)
        .map(FixedCve::cve)
        .forEach(cves::add);
    return cves;
  }

  private static Set<String> named(Path file, String since) throws Exception {
    String found = Program.of(PYTHON_PROGRAM, "-c", PYTHON, file.toString(), since).run();
    return new TreeSet<>(found.lines().filter(line -> !line.isBlank()).toList());
  }

  private static Fixes fixes(List<InstalledPackage> installed, Map<String, Changelog> read) {
    List<Replacement> update = new ArrayList<>();
    for (Changelog each : read.values()) {
      String from =
          installed.stream()
              .filter(it -> it.name().equals(each.name()))
              .map(InstalledPackage::version)
              .findFirst()
              .orElse("");
      update.add(new Replacement(each.name(), from, each.version(), List.of()));
    }
    return new FixFinder(
            new AptNotes(),
            DebianVersion.FAMILY,
            installed,
            each -> Optional.ofNullable(read.get(each.name())))
        .find(update);
  }

  private static InstalledPackage installed(
      String name, String version, String source, String sourceVersion) {
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin(source, sourceVersion, "", "", ""));
  }

  private static boolean hasPythonDebian() throws InterruptedException {
    try {
      Program.of(PYTHON_PROGRAM, "-c", "import debian.debfile").run();
      return true;
    } catch (ProgramException e) {
      return false;
    }
  }

  private static String kernel(String meta) throws Exception {
    Matcher depends = KERNEL.matcher(Program.of("apt-cache", "depends", "--important", meta).run());
    HostTools.assume(depends.find(), "apt knows no " + meta + ": apt-get update");
    return depends.group(1);
  }

  private Map<String, Path> downloaded(String... packages) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("env", "--chdir=" + directory, "apt-get", "-q", "download"));
    command.addAll(List.of(packages));
    Program.of(command).run();
    Map<String, Path> files = new HashMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.toList()) {
        files.put(file.getFileName().toString().replaceFirst("_.*", ""), file);
      }
    }
    assertThat(files).containsOnlyKeys(packages);
    return files;
  }
}
