package dev.regild.apt;

import dev.regild.channel.ChannelException;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Debian's own repositories in a machine's apt configuration (sources.list(5)): the one-line form
 * and deb822. Entries of others are left out, since their packages are not the platform's.
 */
public final class HostSources {
  private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private static final Map<String, String> CODENAMES =
      Map.of("DEBIAN_11", "bullseye", "DEBIAN_12", "bookworm", "DEBIAN_13", "trixie");

  private final Path root;
  private final Program aptConfig;

  /** The configuration of this machine. */
  public HostSources() {
    this(Path.of("/"), Program.of("apt-config", "dump"));
  }

  /**
   * @param aptConfig the command that prints the settings below the same root
   */
  HostSources(Path root, Program aptConfig) {
    this.root = root;
    this.aptConfig = aptConfig;
  }

  /**
   * What was found.
   *
   * @param sources for a channel
   * @param leftOut every other entry, and why, one line each
   */
  public record Found(List<AptSource> sources, List<String> leftOut) {
    public Found {
      sources = List.copyOf(sources);
      leftOut = List.copyOf(leftOut);
    }
  }

  /**
   * The repositories of a platform.
   *
   * @param platform {@code DEBIAN_12}, for example
   * @throws ChannelException if there is none, or the platform isn't Debian's
   */
  public Found forPlatform(String platform) throws ChannelException, InterruptedException {
    String codename = codename(platform);
    Found found = find(codename);
    if (found.sources().isEmpty()) {
      List<String> leftOut = found.leftOut();
      throw new ChannelException(
          "this machine's apt configuration has no repository with the suite "
              + codename
              + "; write the channel's file by hand"
              + (leftOut.isEmpty() ? "" : " (" + String.join("; ", leftOut) + ")"));
    }
    return found;
  }

  private static String codename(String platform) throws ChannelException {
    String codename = CODENAMES.get(platform);
    if (codename == null) {
      throw new ChannelException(
          "this machine's apt configuration cannot be used for "
              + platform
              + "; write the channel's file by hand");
    }
    return codename;
  }

  private Found find(String codename) throws ChannelException, InterruptedException {
    List<String> suites =
        List.of(codename, codename + "-updates", codename + "-security", codename + "/updates");
    List<AptSource> sources = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    AptProxies proxies = AptProxies.of(aptConfig);
    for (AptEntry entry : entries(leftOut)) {
      take(entry, suites, proxies, sources, leftOut);
    }
    return new Found(sources, leftOut);
  }

  private List<AptEntry> entries(List<String> leftOut) throws ChannelException {
    List<AptEntry> entries = new ArrayList<>();
    try {
      for (Path file : configurationFiles()) {
        String text = Files.readString(file);
        if (file.toString().endsWith(".sources")) {
          entries.addAll(AptEntry.ofDeb822(file.toString(), text));
        } else {
          entries.addAll(AptEntry.ofOneLine(file.toString(), text));
        }
      }
    } catch (IOException e) {
      throw new ChannelException(
          "this machine's apt configuration can't be read (" + e + "); fix its permissions", e);
    }
    entries.removeIf(entry -> {
      if (!entry.enabled()) {
        leftOut.add(entry.where() + ": disabled");
      }
      return !entry.enabled() || !entry.binary();
    });
    return entries;
  }

  private List<Path> configurationFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    Path main = root.resolve("etc/apt/sources.list");
    if (Files.isRegularFile(main)) {
      files.add(main);
    }
    Path parts = root.resolve("etc/apt/sources.list.d");
    if (Files.isDirectory(parts)) {
      try (Stream<Path> children = Files.list(parts)) {
        children
            .filter(path -> path.toString().matches(".*/[\\w.-]+\\.(list|sources)"))
            .sorted()
            .forEach(files::add);
      }
    }
    return files;
  }

  private void take(
      AptEntry entry,
      List<String> suites,
      AptProxies proxies,
      List<AptSource> sources,
      List<String> leftOut) {
    List<String> ours = new ArrayList<>();
    for (String suite : entry.suites()) {
      if (suites.contains(suite)) {
        ours.add(suite);
      } else {
        leftOut.add(entry.where() + ": suite " + suite + " does not belong to the platform");
      }
    }
    for (String uri : entry.uris()) {
      if (ours.isEmpty()) {
        break;
      }
      try {
        String resolved = resolveMirrorList(uri);
        if (isDebian(resolved, ours.getFirst(), entry.signedBy())) {
          sources.add(
              new AptSource(
                  List.of(resolved),
                  ours,
                  entry.components(),
                  entry.architectures().isEmpty()
                      ? List.of(AptSource.hostArchitecture())
                      : entry.architectures(),
                  keyring(entry.signedBy()),
                  entry.checkValidUntil(),
                  false,
                  proxies.routeTo(resolved, leftOut)));
        } else {
          leftOut.add(entry.where() + ": " + uri + " is not Debian's own");
        }
      } catch (IllegalArgumentException | IOException e) {
        leftOut.add(entry.where() + ": " + uri + ": " + e.getMessage());
      }
    }
  }

  /** Cloud images name their mirrors in a file of their own; the first is the preferred one. */
  private String resolveMirrorList(String uri) throws IOException {
    if (!uri.startsWith("mirror+file:")) {
      return uri;
    }
    Path list = inRoot(uri.substring("mirror+file:".length()).replaceFirst("^/+", "/"));
    for (String line : Files.readAllLines(list)) {
      String mirror = line.strip().split("\\s+", 2)[0];
      if (!mirror.isEmpty() && !mirror.startsWith("#")) {
        return mirror;
      }
    }
    throw new IOException(list + " names no mirror");
  }

  /** By what apt fetched from there; where it fetched nothing yet, by the keyring. */
  private boolean isDebian(String uri, String suite, Optional<String> signedBy) throws IOException {
    String base = uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    Path release =
        root.resolve("var/lib/apt/lists")
            .resolve(new SuiteLocation(base, suite).listFile("InRelease"));
    if (Files.isRegularFile(release)) {
      try (Stream<String> lines = Files.lines(release)) {
        return lines.limit(30).anyMatch("Origin: Debian"::equals);
      }
    }
    return signedBy.isEmpty()
        || !signedBy.get().startsWith("/")
        || signedBy.get().contains("debian-archive");
  }

  private String keyring(Optional<String> signedBy) {
    // A fingerprint, as old entries have it, only narrows the default keyring down.
    boolean usable =
        signedBy.isPresent()
            && (signedBy.get().startsWith("/") || signedBy.get().startsWith("-----BEGIN"));
    if (usable) {
      return signedBy.orElseThrow().split("\\s*,\\s*", -1)[0];
    }
    return Files.isRegularFile(inRoot(KEYRING)) ? KEYRING : "/etc/apt/trusted.gpg.d";
  }

  private Path inRoot(String path) {
    return root.resolve(path.replaceFirst("^/+", ""));
  }
}
