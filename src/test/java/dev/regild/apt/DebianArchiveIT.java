package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fixtures.HostTools;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Planner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real archive, over the network, by this machine's own apt configuration. */
class DebianArchiveIT {
  @TempDir Path temporary;

  @Test
  void allOfMainIsVerifiedLoadedFastKeptSmallAndPlannedAsAptDoes() throws Exception {
    List<AptSource> sources;
    try {
      sources = new HostSources().forPlatform("DEBIAN_12").sources();
    } catch (ChannelException e) {
      HostTools.assume(false, "this machine has no Debian 12 repositories: " + e.getMessage());
      return;
    }
    ChannelStore channels = new ChannelStore(temporary.resolve("data"), Clock.systemUTC());
    channels.add(new Channel("debian", "DEBIAN_12", sources));
    long start = System.nanoTime();
    RefreshResult result = channels.refresh("debian");
    System.out.printf("refresh: %s in %d ms%n", result, millisSince(start));
    start = System.nanoTime();
    assertThat(channels.refresh("debian")).isInstanceOf(RefreshResult.Unchanged.class);
    System.out.printf("unchanged: %d ms%n", millisSince(start));

    Path directory = channels.current("debian").orElseThrow().directory();
    long before = usedHeap();
    start = System.nanoTime();
    Snapshot snapshot = AptSnapshot.load(directory, SnapshotManifest.read(directory));
    long loadMillis = millisSince(start);
    long retained = usedHeap() - before;
    System.out.printf(
        "snapshot: %d packages, %d ms, %d KiB%n", snapshot.size(), loadMillis, retained >> 10);
    assertThat(snapshot.size()).isGreaterThan(60_000);
    assertThat(retained).isLessThan(25L << 20);

    List<InstalledPackage> installed = installed();
    Channel channel = channels.find("debian").orElseThrow();
    List<Change> changes = List.of();
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < 100; i++) {
      start = System.nanoTime();
      changes = Planner.plan(installed, snapshot, channel.planRules()).changes();
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    System.out.printf(
        "plan: %d of %d packages in %d us%n", changes.size(), installed.size(), fastest / 1000);
    Map<String, String> ours = new TreeMap<>();
    changes.forEach(change -> ours.put(change.name(), change.to()));
    HostApt apt = new HostApt(temporary.resolve("apt"), snapshot, Path.of("/var/lib/dpkg/status"));
    assertThat(ours).isEqualTo(apt.upgradable());
  }

  private static List<InstalledPackage> installed() throws IOException {
    Process process =
        new ProcessBuilder(
                "dpkg-query",
                "-W",
                "-f",
                "${db:Status-Status} ${db:Status-Want} ${Package} ${Architecture} ${Version}\n")
            .start();
    List<InstalledPackage> result = new ArrayList<>();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    for (String line : output.lines().toList()) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("installed")) {
        result.add(new InstalledPackage(words[2], words[3], words[4], words[1].equals("hold")));
      }
    }
    return result;
  }

  private static long usedHeap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }
}
