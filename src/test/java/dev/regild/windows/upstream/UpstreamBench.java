package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import dev.regild.fetch.Route;
import dev.regild.windows.catalogue.PackageFacts;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Times of a channel that follows a server of updates; see bench/windows.sh. */
final class UpstreamBench {
  private static final int DOCUMENTS = 10_000;
  private static final int ROUNDS = 15;

  private UpstreamBench() {}

  public static void main(String[] arguments) throws Exception {
    selection();
    parsing();
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
              new PackageFacts(
                  WindowsPackage.Kind.CUMULATIVE,
                  "Package_for_RollupFix",
                  "20348." + i + ".1.1",
                  "amd64",
                  kb,
                  List.of("20348"),
                  "20348." + i,
                  true,
                  List.of(),
                  "",
                  List.of())));
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
