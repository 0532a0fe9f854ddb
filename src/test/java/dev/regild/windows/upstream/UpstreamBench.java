package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.Snapshot;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.FileTree;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PlanRules;
import dev.regild.plan.Planner;
import dev.regild.plan.WindowsFacts;
import dev.regild.windows.catalogue.PackageFacts;
import dev.regild.windows.catalogue.SecurityWords;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Times of a channel that follows a server of updates; see bench/windows.sh. */
final class UpstreamBench {
  private static final int DOCUMENTS = 10_000;
  private static final int ROUNDS = 15;

  private UpstreamBench() {}

  /**
   * Measures, and prints.
   *
   * @param arguments {@code serve DIR} to be the server of {@code refresh URL DIR}; none for what
   *     needs no server
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 0) {
      selection();
      parsing();
      planning();
    } else if (arguments[0].equals("serve")) {
      serve(Path.of(arguments[1]));
    } else {
      refresh(arguments[1], Path.of(arguments[2]));
    }
  }

  /**
   * Serves what a first refresh of Windows 11 was measured to read: 5,250 documents of 1.18 GB, the
   * largest of 47 MB, ten over 32 MB, 46 over 1 MB, the others of about half a kilobyte or some
   * hundred.
   */
  private static void serve(Path work) throws Exception {
    FakeUpstream server = new FakeUpstream(FakeUpstream.Shape.WSUS, work);
    DocumentFile file =
        new DocumentFile("windows-x64.cab", 1, new byte[20], new byte[32], "SelfContained");
    int[] sizes = {47_000_000, 40_000_000, 18_000_000, 170_000};
    int[] counts = {1, 9, 36, 134};
    for (int kind = 0; kind < sizes.length; kind++) {
      byte[] cabinet = null;
      for (int i = 0; i < counts[kind]; i++) {
        RevisionId id = new RevisionId(UUID.randomUUID(), 100);
        // To compress each takes seconds: those of a size differ in nothing but their ids.
        if (cabinet == null) {
          cabinet =
              server.cabinet(
                  UpdateDocuments.cbs(
                      id, "KB5000001", "20348.1.1.1", "amd64", sizes[kind] / 2, file));
        }
        server.publishCabinet(
            id, cabinet, UpdateDocuments.Known.SERVER_2022, UpdateDocuments.Known.SECURITY);
      }
    }
    for (int i = 0; i < 5_070; i++) {
      UpdateDocuments.Bundle bundle = new UpdateDocuments.Bundle(UUID.randomUUID());
      bundle.kb = "KB" + (5_000_000 + i);
      server.publish(bundle);
    }
    System.out.println(server.url());
    Thread.currentThread().join();
  }

  /** A first refresh, and one with nothing new, as the server's process makes them. */
  private static void refresh(String url, Path directory) throws Exception {
    WsusSource source =
        new WsusSource(
            url,
            "amd64",
            WsusSource.usualProducts("WINDOWS_SERVER_2022"),
            WsusSource.usualClassifications(),
            true,
            false,
            "",
            new Route(Route.DIRECT, ""));
    for (String which : List.of("first", "second")) {
      long start = System.nanoTime();
      int unreadable =
          new UpstreamRefresh(
                  source,
                  "WINDOWS_SERVER_2022",
                  directory,
                  Transport.in(directory.resolveSibling("data")),
                  Clock.systemUTC(),
                  RefreshOptions.NONE)
              .run()
              .notices()
              .size();
      System.out.printf(
          "%s refresh: %.1f s, heap at most %d MiB of %d, process at most %s%n",
          which,
          (System.nanoTime() - start) / 1e9,
          ManagementFactory.getMemoryPoolMXBeans().stream()
                  .filter(each -> each.getType() == MemoryType.HEAP)
                  .mapToLong(each -> each.getPeakUsage().getUsed())
                  .sum()
              >> 20,
          Runtime.getRuntime().maxMemory() >> 20,
          resident());
      if (unreadable > 0) {
        // Documents with one id in all of them are refused by design.
        System.out.printf("  (%d notices)%n", unreadable);
      }
    }
  }

  /** The plan of an image of 200 devices with 200 installed packages, by 60 offered updates. */
  private static void planning() throws Exception {
    Path work = Files.createTempDirectory("regild-bench-");
    try (FakeUpstream server = new FakeUpstream(FakeUpstream.Shape.WSUS, work.resolve("server"))) {
      for (int i = 0; i < 60; i++) {
        publish(server, i);
      }
      ChannelStore channels = new ChannelStore(work.resolve("data"), Clock.systemUTC());
      channels.add(
          new Channel(
              "win",
              "WINDOWS_SERVER_2022",
              List.of(PublishedUpdates.source(server, work.resolve("root.pem")))));
      channels.refresh("win");
      Snapshot snapshot = channels.current("win").orElseThrow();
      Inventory inventory = inventory();
      PlanRules rules = channels.require("win").planRules();
      long[] times = new long[2_000];
      int changes = 0;
      for (int i = 0; i < times.length; i++) {
        long start = System.nanoTime();
        changes =
            Planner.plan(inventory.packages(), snapshot.availableTo(inventory), rules)
                .changes()
                .size();
        times[i] = System.nanoTime() - start;
      }
      long first = times[0];
      Arrays.sort(times);
      System.out.printf(
          "plan an update of %d changes, of %d packages offered: first %.1f ms, p50 %.2f ms, p99"
              + " %.2f ms%n",
          changes,
          snapshot.size(),
          first / 1e6,
          times[times.length / 2] / 1e6,
          times[times.length * 99 / 100] / 1e6);
    } finally {
      FileTree.remove(work);
    }
  }

  private static void publish(FakeUpstream server, int number) throws Exception {
    UpdateDocuments.Bundle bundle = new UpdateDocuments.Bundle(UUID.randomUUID());
    bundle.kb = "KB" + (5_000_000 + number);
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    server.publish(
        child,
        UpdateDocuments.cbs(
            child,
            bundle.kb,
            number == 0 ? "Package_for_RollupFix" : "Package_for_" + bundle.kb,
            "20348." + (3_000 + number) + ".1.1",
            "amd64",
            10,
            server.file("windows-" + bundle.kb + "-x64.cab", new byte[] {(byte) number})),
        UpdateDocuments.Known.SERVER_2022,
        UpdateDocuments.Known.SECURITY);
    server.publish(bundle);
  }

  private static Inventory inventory() {
    List<InstalledPackage> packages = new ArrayList<>();
    packages.add(new InstalledPackage("Windows", "amd64", "10.0.20348.2340", false));
    List<WindowsFacts.Device> devices = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      packages.add(new InstalledPackage("Program " + i, "amd64", "1." + i, false));
      String id = "PCI\\VEN_%04X&DEV_%04X".formatted(i, i);
      devices.add(
          new WindowsFacts.Device(
              List.of(id + "&SUBSYS_1&REV_1", id + "&SUBSYS_1", id), List.of("PCI\\CC_0200")));
    }
    return new Inventory(
        new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0.20348.2340"),
        "amd64",
        packages,
        Collections.emptySortedMap(),
        Optional.of(
            new WindowsFacts(
                "ServerDatacenter",
                "21H2",
                "20348.2340",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                devices,
                List.of())));
  }

  private static String resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> line.substring("VmHWM:".length()).strip())
        .findFirst()
        .orElse("?");
  }

  /** 5,000 bundles, each with its part, which supersede up to 75 others each. */
  private static void selection() {
    List<UpdateFacts> documents = documents();
    WsusSource source =
        new WsusSource(
            "https://wsus.example:8531",
            "amd64",
            WsusSource.usualProducts("WINDOWS_SERVER_2022"),
            WsusSource.usualClassifications(),
            false,
            false,
            "",
            Route.DEFAULT);
    long[] times = new long[ROUNDS];
    int offered = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      offered = Selection.of(source, false, documents).offered().size();
      times[i] = System.nanoTime() - start;
    }
    long first = times[0];
    Arrays.sort(times);
    System.out.printf(
        "select the latest among %,d documents (%d): first %d ms, median %d ms%n",
        documents.size(), offered, first / 1_000_000, times[ROUNDS / 2] / 1_000_000);
  }

  private static List<UpdateFacts> documents() {
    Random random = new Random(19);
    List<UpdateFacts> documents = new ArrayList<>();
    List<UUID> bundles = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS / 2; i++) {
      UUID id = new UUID(random.nextLong(), random.nextLong());
      RevisionId child = new RevisionId(new UUID(random.nextLong(), random.nextLong()), 100);
      String kb = "KB" + (5_000_000 + i);
      List<UUID> superseded = List.copyOf(bundles.subList(Math.max(0, i - 75), i));
      documents.add(
          facts(new RevisionId(id, 100), kb, superseded, List.of(child), List.of(), null));
      String digest = "%064x".formatted(i);
      documents.add(
          facts(
              child,
              "",
              List.of(),
              List.of(),
              List.of(
                  new UpdateFile(
                      "windows-" + kb + "-x64.cab", 1, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", digest, "")),
              PackageFacts.ofUpdate(
                  WindowsPackage.Kind.CUMULATIVE,
                  "Package_for_RollupFix",
                  "20348." + i + ".1.1",
                  "amd64",
                  kb,
                  List.of("20348"),
                  "20348." + i,
                  true,
                  SecurityWords.NONE)));
      bundles.add(id);
    }
    return documents;
  }

  private static UpdateFacts facts(
      RevisionId id,
      String kb,
      List<UUID> superseded,
      List<RevisionId> bundled,
      List<UpdateFile> files,
      @Nullable PackageFacts described) {
    return new UpdateFacts(
        id,
        "Software",
        "Published",
        false,
        "2026-01-13T18:00:00.000Z",
        "Important",
        kb,
        "Update " + kb,
        "",
        "",
        bundled.isEmpty() ? "http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/Cbs" : "",
        bundled.isEmpty()
            ? Set.of()
            : Set.of(
                UUID.fromString(UpdateDocuments.Known.SERVER_2022),
                UUID.fromString(UpdateDocuments.Known.SECURITY)),
        superseded,
        bundled,
        files,
        described,
        List.of(),
        List.of(),
        "");
  }

  /** 1,000 documents: ten of 5 MB, the others of about 0.5 KB. */
  private static void parsing() throws IOException {
    DocumentFile file =
        new DocumentFile("windows-x64.cab", 1, new byte[20], new byte[32], "SelfContained");
    byte[] large =
        UpdateDocuments.cbs(
                new RevisionId(UUID.randomUUID(), 100),
                "KB5000001",
                "20348.1.1.1",
                "amd64",
                5_000_000 / 2,
                file)
            .getBytes(UTF_16LE);
    byte[] small =
        ("<upd:Update xmlns:upd=\"http://schemas.microsoft.com/msus/2002/12/Update\">"
                + "<upd:UpdateIdentity UpdateID=\""
                + UUID.randomUUID()
                + "\" RevisionNumber=\"51\" /><upd:Properties UpdateType=\"Detectoid\""
                + " PublicationState=\"Published\" /></upd:Update>")
            .getBytes(UTF_16LE);
    double[] rates = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long bytes = 0;
      long start = System.nanoTime();
      for (int i = 0; i < 1000; i++) {
        byte[] document = i % 100 == 0 ? large : small;
        bytes += document.length;
        var _ =
            UpdateDocument.read(
                new InputStreamReader(new ByteArrayInputStream(document), UTF_16LE));
      }
      rates[round] = bytes / 1e6 / ((System.nanoTime() - start) / 1e9);
    }
    Arrays.sort(rates);
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "parse 1,000 documents, the small ones of %d bytes: median %.0f MB/s, lowest %.0f MB/s, in"
            + " %d MiB of heap%n",
        small.length, rates[ROUNDS / 2], rates[0], runtime.maxMemory() >> 20);
  }
}
