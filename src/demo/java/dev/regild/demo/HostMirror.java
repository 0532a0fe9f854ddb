package dev.regild.demo;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Where Debian's packages come from: the mirrors that this machine's apt names, whichever release
 * of Debian it names them for. A machine of another distribution may name none.
 *
 * @param archive the URI of Debian's main archive
 * @param security the URI of Debian's security archive
 * @param options apt's options for reaching them, as {@code NAME "VALUE";}
 */
record HostMirror(String archive, String security, List<String> options) {
  /** Debian's keys, from the package debian-archive-keyring. */
  static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");

  /** A source of the machine's, as {@code apt-get indextargets} tells it. */
  private record Source(String uri, String suite, String component) {
    boolean isMain() {
      return component.equals("main") && uri.matches("(https?|ftp|file|copy):.*");
    }

    /** Not any suite of that form: Ubuntu's {@code noble-security} is not a place for Debian. */
    boolean isSecurity() {
      return Stream.of(DebianRelease.values())
          .anyMatch(release -> suite.equals(release.suite() + "-security"));
    }

    boolean isArchive() {
      return suite.matches("[a-z]+") && uri.endsWith("/debian");
    }
  }

  HostMirror {
    options = List.copyOf(options);
  }

  /**
   * Asks the machine's apt.
   *
   * @throws IOException if the machine lacks Debian's keys, or a source of Debian's archive or of its
   *     security updates; the message says what to add
   */
  static HostMirror find() throws IOException, ProgramException, InterruptedException {
    return find(Map.of());
  }

  /**
   * Asks apt with this in its environment: {@code APT_CONFIG} may name the settings of another
   * machine.
   */
  static HostMirror find(Map<String, String> environment)
      throws IOException, ProgramException, InterruptedException {
    if (!Files.exists(KEYRING)) {
      throw new IOException("%s is missing; install debian-archive-keyring".formatted(KEYRING));
    }
    List<Source> sources =
        lines(
                environment,
                "apt-get",
                "indextargets",
                // Else it tells only what it has fetched.
                "--no-release-info",
                "--format",
                "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages")
            .map(line -> line.split(" "))
            .filter(fields -> fields.length == 3)
            .map(fields -> new Source(fields[0].replaceAll("/+$", ""), fields[1], fields[2]))
            .filter(Source::isMain)
            .toList();
    return new HostMirror(
        uri(sources, Source::isArchive, "archive"),
        uri(sources, Source::isSecurity, "security updates"),
        lines(
                environment,
                "apt-config",
                "dump",
                "--format",
                "%F \"%v\";%n",
                "Acquire::http",
                "Acquire::https",
                "Acquire::Check-Valid-Until",
                "Acquire::Check-Date")
            .filter(line -> !line.endsWith("\"\";"))
            .toList());
  }

  private static Stream<String> lines(Map<String, String> environment, String... command)
      throws ProgramException, InterruptedException {
    Program program = Program.of(command);
    for (Map.Entry<String, String> setting : environment.entrySet()) {
      program = program.with(setting.getKey(), setting.getValue());
    }
    return program.run().lines();
  }

  private static String uri(List<Source> sources, Predicate<Source> wanted, String what)
      throws IOException {
    return sources.stream()
        .filter(wanted)
        .map(Source::uri)
        .findFirst()
        .orElseThrow(() ->
            new IOException(
                "this machine's apt has no source of Debian's %s (component main); add one to /etc/apt/sources.list.d, signed by %s"
                    .formatted(what, KEYRING)));
  }
}
