package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The real apt of this machine, which sees a snapshot and a dpkg status file, and no network. */
final class HostApt {
  private static final Pattern UPGRADABLE =
      Pattern.compile("([^/]+)/\\S+ (\\S+) (\\S+) \\[upgradable from: .*");

  private static final Pattern INSTALLED = Pattern.compile("Inst (\\S+) \\[[^]]+] \\((\\S+) .*");

  private final Path root;
  private final Path status;
  private final Path preferences;
  private final String defaultRelease;

  HostApt(Path root, Snapshot snapshot, Path status) throws IOException {
    this(root, snapshot, status, Path.of("/dev/null"), "");
  }

  /**
   * @param preferences a file of apt's preferences
   * @param defaultRelease {@code APT::Default-Release}, or empty
   */
  HostApt(Path root, Snapshot snapshot, Path status, Path preferences, String defaultRelease)
      throws IOException {
    this.root = root;
    this.status = status;
    this.preferences = preferences;
    this.defaultRelease = defaultRelease;
    Path lists = root.resolve("lists");
    Files.createDirectories(lists.resolve("partial"));
    Files.createDirectories(root.resolve("cache/archives/partial"));
    try (Stream<Path> files = Files.list(snapshot.directory())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, lists.resolve(file.getFileName()));
      }
    }
  }

  /** Output and warnings of a run. */
  record Answer(String output, String warnings) {}

  Answer run(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(command[0]));
    for (String option :
        List.of(
            "Dir::State::Lists=" + root.resolve("lists"),
            "Dir::State::status=" + status,
            "Dir::State::extended_states=" + root.resolve("extended_states"),
            "Dir::Etc::SourceList=" + root.resolve("lists/sources.list"),
            "Dir::Etc::SourceParts=/dev/null",
            "Dir::Etc::Preferences=" + preferences,
            "APT::Default-Release=" + defaultRelease,
            "Dir::Etc::PreferencesParts=/dev/null",
            "Dir::Cache=" + root.resolve("cache"),
            "APT::Architecture=amd64",
            // Else it prints MD5 only, and nothing where the index has no MD5.
            "Acquire::ForceHash=SHA256",
            "Debug::NoLocking=true")) {
      all.add("-o");
      all.add(option);
    }
    all.addAll(List.of(command).subList(1, command.length));
    Path errors = root.resolve("errors");
    ProcessBuilder builder = new ProcessBuilder(all).redirectError(errors.toFile());
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(all + ": " + Files.readString(errors));
    }
    return new Answer(output, Files.readString(errors));
  }

  /** {@code name:architecture} to the version that apt would upgrade it to. */
  Map<String, String> upgradable() throws IOException, InterruptedException {
    Map<String, String> result = new TreeMap<>();
    for (String line : run("apt", "list", "--upgradable").output().lines().toList()) {
      Matcher matcher = UPGRADABLE.matcher(line);
      if (matcher.matches()) {
        result.put(matcher.group(1), matcher.group(2));
      }
    }
    return result;
  }

  /** What a full upgrade would install, each package by its name with the new version. */
  Map<String, String> fullUpgrade() throws IOException, InterruptedException {
    Map<String, String> result = new TreeMap<>();
    String said =
        run("apt-get", "-y", "-o", "APT::Get::allow-downgrades=true", "--simulate", "full-upgrade")
            .output();
    for (String line : said.lines().toList()) {
      Matcher matcher = INSTALLED.matcher(line);
      if (matcher.matches()) {
        result.put(matcher.group(1), matcher.group(2));
      }
    }
    return result;
  }
}
