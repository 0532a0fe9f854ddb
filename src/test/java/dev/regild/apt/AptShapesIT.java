package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real apt takes the same shapes, over HTTP and with its own check of the signature; and from a
 * snapshot, it asks for the file that the snapshot names.
 */
class AptShapesIT {
  /** Of whose index the Release file names no uncompressed form: then apt 2.6 knows of none. */
  private static final Set<AptShape> PASSED_OVER =
      EnumSet.of(AptShape.ONLY_GZIP, AptShape.ONLY_XZ, AptShape.ONLY_ZSTD, AptShape.ONLY_BZIP2);

  @TempDir Path temporary;

  @ParameterizedTest
  @EnumSource
  void aShapeIsTakenAsTheRealAptTakesIt(AptShape shape) throws Exception {
    TestKey key = shape.key();
    Path root = Files.createDirectory(temporary.resolve("repository"));
    shape.publish(root, key);
    try (TestRepository repository = new TestRepository(root)) {
      ChannelStore channels = new ChannelStore(temporary.resolve("data"), Clock.systemUTC());
      channels.add(new Channel("test", "DEBIAN_12", List.of(shape.source(repository.uri(), key))));
      channels.refresh("test");
      Snapshot snapshot = channels.current("test").orElseThrow();
      Set<String> kept = updated(shape, snapshot, key);
      if (PASSED_OVER.contains(shape)) {
        assertThat(kept).as("apt says nothing and takes nothing").hasSize(1);
        kept.add(kept.iterator().next().replace("InRelease", "main_binary-amd64_Packages"));
      }
      assertThat(files(snapshot.directory()))
          .as("what apt keeps of the repository, by the names that apt gives")
          .containsExactlyInAnyOrderElementsOf(kept);

      HostApt apt = new HostApt(temporary.resolve("apt"), snapshot, status());
      String printed =
          apt.run(
                  "apt-get",
                  "-o",
                  "Acquire::ForceHash=",
                  "--print-uris",
                  "-qq",
                  "-y",
                  "full-upgrade")
              .output();
      assertThat(printed).as("as our servicing reads it").matches("'[^']+' [^ ]+ \\d+( .*)?\n");
      String uri = printed.substring(1, printed.indexOf('\'', 1));
      assertThat(snapshot.packageFiles(Set.of(uri)).get(uri).fileName())
          .isEqualTo(printed.split(" ", -1)[1]);
    }
  }

  /** The lists of a real {@code apt-get update}. */
  private Set<String> updated(AptShape shape, Snapshot snapshot, TestKey key) throws Exception {
    Path own = Files.createDirectory(temporary.resolve("update"));
    Path keyring = Files.writeString(own.resolve("key.asc"), key.armored());
    String valid = shape == AptShape.EXPIRED_ARCHIVE ? " check-valid-until=no" : "";
    String line = Files.readString(snapshot.directory().resolve("sources.list"));
    Path list =
        Files.writeString(
            own.resolve("sources.list"), line.replace("]", " signed-by=" + keyring + valid + "]"));
    Path lists = Files.createDirectories(own.resolve("lists"));
    List<String> command = new ArrayList<>(List.of("apt-get", "update", "--error-on=any"));
    for (String option :
        List.of(
            "Dir::State::Lists=" + lists,
            "Dir::State::status=" + status(),
            "Dir::Etc::SourceList=" + list,
            "Dir::Etc::SourceParts=/dev/null",
            "Dir::Cache=" + own.resolve("cache"),
            "APT::Architecture=amd64",
            "APT::Sandbox::User=root",
            "Acquire::Languages=none",
            "Acquire::GzipIndexes=false",
            "Debug::NoLocking=true")) {
      command.addAll(List.of("-o", option));
    }
    if (shape == AptShape.A_COMPONENT_IS_LACKING || shape == AptShape.OTHER_SUITE) {
      // apt only warns.
      command.remove("--error-on=any");
    }
    Program.of(command).run();
    return files(lists);
  }

  private static Set<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      Set<String> names = new TreeSet<>();
      files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(name -> !Set.of("lock", "sources.list", SnapshotManifest.FILE).contains(name))
          .forEach(names::add);
      return names;
    }
  }

  private Path status() throws IOException {
    return Files.writeString(
        temporary.resolve("status"),
        """
        Package: bash
        Status: install ok installed
        Priority: optional
        Section: misc
        Installed-Size: 1
        Maintainer: A <a@example.org>
        Architecture: amd64
        Version: 5.1-1
        Description: test

        """);
  }
}
