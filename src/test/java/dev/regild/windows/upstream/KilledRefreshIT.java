package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.RefreshOptions;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A refresh whose process is killed goes on in the next one where it was. */
@EnabledIf("dev.regild.fixtures.WindowsPackages#canBeMade")
class KilledRefreshIT {
  private static final int BATCH = 4;
  private static final int BUNDLES = 24;

  @TempDir Path temporary;
  private FakeUpstream server;

  @BeforeEach
  void publish() throws Exception {
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"));
    server.limitTo(BATCH);
    UUID last = null;
    for (int i = 0; i < BUNDLES; i++) {
      String kb = "KB" + (5_000_000 + i);
      Bundle bundle = new Bundle(UUID.randomUUID());
      bundle.kb = kb;
      if (last != null) {
        bundle.superseded.add(last);
      }
      RevisionId child = new RevisionId(UUID.randomUUID(), 100);
      bundle.children.add(child);
      server.publish(
          child,
          UpdateDocuments.cbs(
              child,
              kb,
              "20348." + (100 + i) + ".1.1",
              "amd64",
              4000,
              server.file("windows-" + kb + "-x64.cab", kb.getBytes(UTF_8))),
          Known.SERVER_2022,
          Known.SECURITY);
      server.publish(bundle);
      last = bundle.id;
    }
  }

  @AfterEach
  void stop() {
    server.goOn();
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"GetCookie,1", "GetRevisionIdList,1", "GetUpdateData,1", "GetUpdateData,9"})
  void aKilledRefreshGoesOn(String operation, int call) throws Exception {
    CountDownLatch reached = server.holdFrom(operation, call);
    Process process = start();
    assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
    if (call > 4) {
      awaitFacts();
    }
    var _ = process.destroyForcibly().waitFor();
    server.goOn();
    server.clear();

    UpstreamRefresh.Outcome outcome = refresh(server.url(), directory());

    assertThat(outcome.updates().updates())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().kb()).isEqualTo("KB5000023"));
    int batches = 2 * BUNDLES / BATCH;
    int asked = (int) server.requests().stream().filter("GetUpdateData"::equals).count();
    assertThat(asked).isLessThanOrEqualTo(call > 4 ? batches - 3 : batches);
    try (Stream<Path> files = Files.list(directory())) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder(FactStore.FILE, UpstreamState.FILE);
    }
  }

  /** What has come is kept before the next is asked for, by each of the four that ask. */
  private void awaitFacts() throws Exception {
    Path facts = directory().resolve(FactStore.NEW);
    for (int i = 0; i < 600 && Files.readAllLines(facts).size() < 4 * BATCH; i++) {
      Thread.sleep(50);
    }
  }

  private Path directory() {
    return temporary.resolve("win.catalogue");
  }

  private Process start() throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            KilledRefreshIT.class.getName(),
            server.url(),
            directory().toString())
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("said").toFile())
        .start();
  }

  /** The process that is killed. */
  public static void main(String[] arguments) throws Exception {
    var _ = refresh(arguments[0], Path.of(arguments[1]));
  }

  private static UpstreamRefresh.Outcome refresh(String url, Path directory) throws Exception {
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
    return new UpstreamRefresh(
            source,
            "WINDOWS_SERVER_2022",
            directory,
            Transport.in(directory.resolveSibling("data")),
            Clock.systemUTC(),
            RefreshOptions.NONE)
        .run();
  }
}
