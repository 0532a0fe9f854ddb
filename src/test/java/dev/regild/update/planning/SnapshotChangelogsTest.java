package dev.regild.update.planning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.AptPackageSystem;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.db.Database;
import dev.regild.fetch.PackageFile;
import dev.regild.fixtures.TestDatabases;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdateReasons;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotChangelogsTest {
  private static final PackageVersion BASH = new PackageVersion("bash", "5.2-1");

  @TempDir Path directory;

  /** What it has is remembered, so that its indexes are not read each time. */
  @Test
  void aSnapshotThatCouldNotBeReadIsAskedAgain() throws Exception {
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      SnapshotChangelogs changelogs =
          new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC()));
      OnePackage snapshot = new OnePackage(directory);
      snapshot.readable = false;
      assertThat(changelogs.sizes(snapshot, Set.of(BASH))).isEmpty();
      snapshot.readable = true;
      assertThat(changelogs.sizes(snapshot, Set.of(BASH))).containsExactly(Map.entry(BASH, 1000L));
      snapshot.readable = false;
      assertThat(changelogs.sizes(snapshot, Set.of(BASH))).containsExactly(Map.entry(BASH, 1000L));
    }
  }

  /** A snapshot with one package. */
  private static final class OnePackage extends Snapshot {
    private boolean readable;

    OnePackage(Path directory) {
      super(
          directory,
          new SnapshotManifest(
              "digest", Instant.EPOCH, "amd64", List.of(), Map.of(), Map.of(), List.of(), "apt"),
          new AptPackageSystem());
    }

    @Override
    public Map<PackageVersion, PackageFile> filesOf(Set<PackageVersion> wanted)
        throws ChannelException {
      if (!readable) {
        throw new ChannelException("the snapshot can't be read");
      }
      return Map.of(
          BASH, new PackageFile(URI.create("http://mirror.example/bash"), "bash", 1000, "hash"));
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public AvailablePackages availableTo(Inventory inventory) {
      return this;
    }

    @Override
    public Snapshot limitedToSecurity() {
      return this;
    }

    @Override
    public Map<String, PackageFile> packageFiles(Set<String> uris) {
      return Map.of();
    }

    @Override
    public Optional<String> upgradeOf(InstalledPackage installed) {
      return Optional.empty();
    }

    @Override
    public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
      return new UpdateReasons(false, List.of());
    }
  }
}
