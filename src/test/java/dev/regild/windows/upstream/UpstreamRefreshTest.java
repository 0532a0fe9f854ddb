package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.StallGuard;
import dev.regild.windows.catalogue.OfferedUpdate;
import dev.regild.windows.catalogue.SecurityWords;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Refreshes against servers of both shapes, which speak the protocol over real SOAP. */
@ParameterizedClass
@EnumSource(Shape.class)
@EnabledIf("dev.regild.fixtures.WindowsPackages#canBeMade")
class UpstreamRefreshTest {
  private static final List<String> NOTHING_NEW =
      List.of(
          "GetAuthConfig",
          "GetAuthorizationCookie",
          "GetCookie",
          "GetConfigData",
          "GetRevisionIdList");

  /** What was published of each bundle, for its next revision. */
  private static final Map<UUID, List<RevisionId>> PARTS = new ConcurrentHashMap<>();

  @Parameter Shape shape;
  @TempDir Path temporary;
  private Path directory;
  private FakeUpstream server;
  private int mostRevisions = ServerSync.MOST_REVISIONS;

  @BeforeEach
  void start() throws Exception {
    directory = temporary.resolve("win.catalogue");
    server = new FakeUpstream(shape, temporary.resolve("server"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theFirstRefreshOffersWhatNothingSupersedes() throws Exception {
    UUID january = cumulative("KB5034129", "20348.2227");
    UUID february = cumulative("KB5034770", "20348.2322", january);
    UUID march = cumulative("KB5035857", "20348.2340", january, february);
    assertThat(march).isNotNull();

    OfferedUpdate update = offered().getFirst();

    assertThat(offered()).hasSize(1);
    assertThat(update.facts().kind()).isEqualTo(Kind.CUMULATIVE);
    assertThat(update.facts().kb()).isEqualTo("KB5035857");
    assertThat(update.facts().resultingBuild()).isEqualTo("20348.2340");
    assertThat(update.facts().builds()).containsExactly("20348");
    assertThat(update.facts().security()).isTrue();
    assertThat(update.severity()).isEqualTo("Important");
    assertThat(update.facts().words())
        .isEqualTo(new SecurityWords("Important", List.of("CVE-2026-10001")));
    assertThat(update.title()).isEqualTo("Update KB5035857");
    assertThat(update.superseded()).containsExactlyInAnyOrder("KB5034129", "KB5034770");
    assertThat(update.file().urls())
        .containsExactly(
            shape == Shape.MICROSOFT
                ? server.url() + "/msdownload/windows-kb5035857-x64.cab"
                : server.url() + file("KB5035857", "x64").content());
  }

  @Test
  void aRefreshWithNothingNewMakesFiveRequests() throws Exception {
    cumulative("KB5035857", "20348.2340");
    String first = refresh().updates().text();
    server.clear();

    String second = refresh().updates().text();

    assertThat(server.requests()).isEqualTo(NOTHING_NEW);
    assertThat(second).isEqualTo(first);
    assertThat(server.bodies().getLast()).contains("<Anchor>").doesNotContain("<Delta>false");
  }

  @Test
  void onlyNewDocumentsAreFetched() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    refresh();
    server.clear();
    cumulative("KB5036909", "20348.2402", march);

    assertThat(kbs()).containsExactly("KB5036909");

    assertThat(server.requests()).filteredOn("GetUpdateData"::equals).hasSize(1);
    assertThat(server.bodies().getLast()).doesNotContain(march.toString());
  }

  @Test
  void anUpdateThatExpiresGivesWayToTheOneBefore() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    UUID april = cumulative("KB5036909", "20348.2402", march);
    assertThat(kbs()).containsExactly("KB5036909");
    Bundle expired = bundle(april, "KB5036909", march);
    expired.revision = 101;
    expired.state = "Expired";
    server.publish(expired);

    assertThat(kbs()).containsExactly("KB5035857");
  }

  @Test
  void anUpdateWhosePartExpiresIsLeftOut() throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    part(bundle, "KB5035857", "20348.2340.1.10", "amd64");
    server.publish(bundle);
    assertThat(kbs()).containsExactly("KB5035857");
    RevisionId part = bundle.children.getFirst();
    RevisionId expired = new RevisionId(part.update(), 101);
    server.publish(
        expired,
        UpdateDocuments.cbs(
                expired, "KB5035857", "20348.2340.1.10", "amd64", 10, file("KB5035857", "x64"))
            .replace("\"Published\"", "\"Expired\""),
        bundle.product,
        bundle.classification);

    assertThat(kbs()).isEmpty();
    assertThat(leftOut()).singleElement().asString().contains("its part " + part + " has expired");
  }

  @Test
  void aNewRevisionOfAnUpdateTakesItsPlace() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    refresh();
    Bundle corrected = bundle(march, "KB5035857");
    corrected.revision = 101;
    corrected.title = "Corrected title";
    server.publish(corrected);

    assertThat(offered())
        .singleElement()
        .extracting(OfferedUpdate::title)
        .isEqualTo("Corrected title");
  }

  @Test
  void aProductThatIsAddedLaterIsListedWhole() throws Exception {
    cumulative("KB5035857", "20348.2340");
    UUID other = UUID.randomUUID();
    Bundle later = bundle(other, "KB5040001");
    later.product = Known.SERVER_2025;
    part(later, "KB5040001", "26100.1000.1.1", "amd64");
    server.publish(later);
    assertThat(kbs()).containsExactly("KB5035857");

    List<String> both =
        refresh(source("Microsoft Server operating system-21H2", Known.SERVER_2025))
            .updates()
            .updates()
            .stream()
            .map(each -> each.facts().kb())
            .toList();

    assertThat(both).containsExactlyInAnyOrder("KB5035857", "KB5040001");
  }

  @Test
  void aCookieThatEndsIsReplaced() throws Exception {
    server.limitTo(1);
    cumulative("KB5035857", "20348.2340");
    server.cookiesEndAfter(3);

    assertThat(kbs()).containsExactly("KB5035857");

    assertThat(server.requests()).filteredOn("GetCookie"::equals).hasSize(2);
  }

  @Test
  void aCookieThatAlwaysEndsIsAnError() {
    for (int i = 0; i < 9; i++) {
      server.fault("GetConfigData", "InvalidCookie", "");
    }

    assertThatThrownBy(this::refresh).hasMessageContaining("InvalidCookie");
  }

  @Test
  void theWordsOfAFaultAreShortened() {
    server.fault("GetConfigData", "InternalServerError", "words ".repeat(5_000));

    assertThatThrownBy(this::refresh)
        .hasMessageContaining("InternalServerError: words words")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1_000));
  }

  @ParameterizedTest
  @EnumSource
  void whatTheServerDoesNotKnowAnyMoreIsListedAgain(Forgotten how) throws Exception {
    cumulative("KB5035857", "20348.2340");
    refresh();
    server.clear();
    server.fault("GetRevisionIdList", how.name(), how == Forgotten.ServerChanged ? "" : "filter");

    assertThat(kbs()).containsExactly("KB5035857");

    assertThat(server.bodies().getLast()).doesNotContain("<Anchor>");
    assertThat(server.requests()).doesNotContain("GetUpdateData");
  }

  /** What servers say of an anchor that is not theirs. */
  enum Forgotten {
    ServerChanged,
    InvalidParameters
  }

  @Test
  void aBusyServerIsAskedAgainAfterAPause() throws Exception {
    cumulative("KB5035857", "20348.2340");
    server.fault("GetRevisionIdList", "ServerBusy", "");
    server.fault("GetUpdateData", "ServerBusy", "");

    assertThat(kbs()).containsExactly("KB5035857");
  }

  @Test
  void documentsAreAskedForInFourRequestsAtATime() throws Exception {
    server.limitTo(1);
    for (int i = 100; i < 110; i++) {
      cumulative("KB5000" + i, "20348." + i);
    }
    CountDownLatch reached = server.holdFrom("GetUpdateData", 1);
    Thread refresh =
        Thread.ofPlatform().start(() -> assertThatCode(this::refresh).doesNotThrowAnyException());
    reached.await();
    await(() -> documentRequests() >= 4);
    Thread.sleep(100);

    assertThat(documentRequests()).isEqualTo(4);
    server.goOn();
    refresh.join();
    assertThat(documentRequests()).isEqualTo(20);
  }

  private long documentRequests() {
    return server.requests().stream().filter("GetUpdateData"::equals).count();
  }

  @Test
  void aServerThatStaysBusyIsLeftAlone() {
    for (int i = 0; i < 9; i++) {
      server.fault("GetRevisionIdList", "ServerBusy", "");
    }

    assertThatThrownBy(this::refresh).hasMessageContaining("try again later");
    assertThat(server.requests()).filteredOn("GetRevisionIdList"::equals).hasSize(3);
  }

  @Test
  void whatAnAnswerLeavesOutIsAskedForAgain() throws Exception {
    UUID last = cumulative("KB5000100", "20348.100");
    for (int i = 101; i < 110; i++) {
      last = cumulative("KB5000" + i, "20348." + i, last);
    }
    server.answerAtMost(3);

    assertThat(kbs()).containsExactly("KB5000109");
  }

  @Test
  void aMissingRevisionIsLeftOut() throws Exception {
    UUID last = cumulative("KB5000100", "20348.100");
    for (int i = 101; i < 105; i++) {
      last = cumulative("KB5000" + i, "20348." + i, last);
    }
    Bundle gone = bundle(UUID.randomUUID(), "KB5000200", last);
    server.publish(gone);
    server.forget(new RevisionId(gone.id, 100));

    assertThat(kbs()).containsExactly("KB5000104");

    server.clear();
    assertThat(kbs()).containsExactly("KB5000104");
    assertThat(server.requests()).isEqualTo(NOTHING_NEW);
  }

  @Test
  void whatAServerInTroubleDidNotGiveOutIsAskedForInAnotherWeek() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    Bundle april = bundle(UUID.randomUUID(), "KB5036909", march);
    part(april, "KB5036909", "20348.2402.1.10", "amd64");
    server.publish(april);
    server.forget(new RevisionId(april.id, 100));
    assertThat(kbs("2026-04-14T20:00:00Z")).containsExactly("KB5035857");
    server.remember(april);

    assertThat(kbs("2026-04-15T20:00:00Z")).containsExactly("KB5035857");
    assertThat(kbs("2026-04-22T20:00:00Z")).containsExactly("KB5036909");
  }

  /** They are asked for apart from what is new, of which the server has to have nearly all. */
  @Test
  void whatAServerMissesForGoodKeepsNoLaterRefreshBack() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    for (int i = 0; i < DocumentFetch.MOST_FAILURES; i++) {
      miss();
    }
    assertThat(kbs("2026-04-14T20:00:00Z")).containsExactly("KB5035857");
    miss();
    cumulative("KB5036909", "20348.2402", march);

    assertThat(kbs("2026-04-22T20:00:00Z")).containsExactly("KB5036909");
    assertThat(kbs("2026-04-29T20:00:00Z")).containsExactly("KB5036909");
  }

  /** Lists a document that it does not have. */
  private void miss() {
    Bundle gone = bundle(UUID.randomUUID(), "KB5040000");
    server.publish(gone);
    server.forget(new RevisionId(gone.id, 100));
  }

  @Test
  void whatAServerMissesIsAskedForInTurn() throws Exception {
    cumulative("KB5035857", "20348.2340");
    for (int i = 0; i < DocumentFetch.MOST_FAILURES; i++) {
      miss();
    }
    assertThat(kbs("2026-04-14T20:00:00Z")).containsExactly("KB5035857");
    Bundle april = bundle(UUID.randomUUID(), "KB5036909");
    part(april, "KB5036909", "20348.2402.1.10", "amd64");
    server.publish(april);
    server.forget(new RevisionId(april.id, 100));
    assertThat(kbs("2026-04-14T21:00:00Z")).containsExactly("KB5035857");
    server.remember(april);

    assertThat(kbs("2026-04-22T20:00:00Z")).contains("KB5035857");
    assertThat(kbs("2026-04-29T20:00:00Z")).contains("KB5036909");
  }

  private List<String> kbs(String at) throws Exception {
    Clock clock = Clock.fixed(Instant.parse(at), ZoneOffset.UTC);
    return refresh(source(), clock, RefreshOptions.NONE).updates().updates().stream()
        .map(each -> each.facts().kb())
        .toList();
  }

  /** Else all of them would be noted as missing, and never asked for again. */
  @Test
  void aServerThatGivesNoDocumentsIsAskedForThemAgain() throws Exception {
    for (int i = 100; i < 130; i++) {
      cumulative("KB5000" + i, "20348." + i);
    }
    server.answerAtMost(0);

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("documents that it does not give out");

    server.answerAtMost(Integer.MAX_VALUE);
    assertThat(kbs()).hasSize(30);
  }

  @Test
  void aCircleOfSupersedenceLosesNothing() throws Exception {
    UUID one = UUID.randomUUID();
    UUID two = UUID.randomUUID();
    Bundle first = bundle(one, "KB5000001", two);
    part(first, "KB5000001", "20348.1.1.1", "amd64");
    Bundle second = bundle(two, "KB5000002", one);
    second.created = "2026-02-10T18:00:00.000Z";
    part(second, "KB5000002", "20348.2.1.1", "amd64");
    server.publish(first).publish(second);

    assertThat(kbs()).containsExactly("KB5000002");
  }

  @Test
  void onlyTheChannelsArchitectureIsOffered() throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    part(bundle, "KB5035857", "20348.2340.1.10", "amd64");
    part(bundle, "KB5035857", "20348.2340.1.10", "arm64");
    server.publish(bundle);

    assertThat(offered())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().architecture()).isEqualTo("amd64"));
  }

  @Test
  void whatIsNotForAnImageIsNeverOffered() throws Exception {
    Bundle preview = bundle(UUID.randomUUID(), "KB5000001");
    preview.title = "2026-01 Cumulative Update Preview for Server";
    part(preview, "KB5000001", "20348.9.1.1", "amd64");
    Bundle dynamic = bundle(UUID.randomUUID(), "KB5000002");
    dynamic.title = "2026-01 Dynamic Update for Server";
    part(dynamic, "KB5000002", "20348.9.1.2", "amd64");
    UUID march = cumulative("KB5035857", "20348.2340");
    preview.superseded.add(march);
    server.publish(preview).publish(dynamic);

    assertThat(kbs()).containsExactly("KB5035857");
  }

  /**
   * Feature upgrades, definitions, drivers, tools and Dynamic Updates may be in our products too.
   */
  @Test
  void whatIsAlsoInARefusedCategoryIsNeverOffered() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    int number = 5_000_001;
    for (UUID category : Categories.refused()) {
      Bundle refused = bundle(UUID.randomUUID(), "KB" + number, march);
      refused.also = category.toString();
      part(refused, "KB" + number, "20348.9." + number++ + ".1", "amd64");
      server.publish(refused);
    }
    Bundle safe = bundle(UUID.randomUUID(), "KB5000000");
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    safe.children.add(child);
    server.publish(
        child,
        UpdateDocuments.cbs(
            child,
            "KB5000000",
            "Package_for_SafeOSDU",
            "20348.9.1.1",
            "amd64",
            10,
            file("KB5000000", "x64")),
        safe.product,
        safe.classification);
    server.publish(safe);

    assertThat(kbs()).containsExactly("KB5035857");
    assertThat(leftOut()).singleElement().asString().contains("for the recovery environment");
  }

  @Test
  void installersAndUnknownHandlersAreLeftOutWithTheReason() throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB890830");
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    server.publish(
        child,
        UpdateDocuments.child(
            child,
            "http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/CommandLineInstallation",
            "",
            "",
            server.file("tool-x64.exe", new byte[] {1})),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);

    assertThat(offered()).isEmpty();
    assertThat(leftOut())
        .singleElement()
        .asString()
        .contains("KB890830", "CommandLineInstallation is not supported");
  }

  @Test
  void aFileWithoutSha256IsLeftOut() throws Exception {
    DocumentFile file = file("KB5035857", "x64");
    publishWithoutSha256(file.name(), file);

    assertThat(offered()).isEmpty();
    assertThat(leftOut()).singleElement().asString().contains("has no SHA-256");
  }

  private void publishWithoutSha256(String name, DocumentFile file) throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    part(
        bundle,
        "KB5035857",
        "20348.2340.1.10",
        "amd64",
        new DocumentFile(name, file.size(), file.sha1(), new byte[0], "SelfContained"));
    server.publish(bundle);
  }

  @Test
  void theReasonWhyAnUpdateIsLeftOutIsShort() throws Exception {
    DocumentFile file = file("KB5035857", "x64");
    publishWithoutSha256("n".repeat(60_000) + ".cab", file);
    RevisionId broken = new RevisionId(UUID.randomUUID(), 100);
    server.publish(
        broken,
        UpdateDocuments.cbs(
            broken,
            "KB5035858",
            "20348.2340.1.10",
            "amd64",
            10,
            new DocumentFile("n".repeat(60_000) + ".cab", 0, file.sha1(), file.sha256(), "")),
        Known.SERVER_2022,
        Known.SECURITY);

    assertThat(refresh().notices()).singleElement().asString().hasSizeLessThan(1_000);
    assertThat(leftOut()).singleElement().asString().hasSizeLessThan(1_000);
  }

  @Test
  void expressPayloadsAreNotTaken() throws Exception {
    DocumentFile file = file("KB5035857", "x64");
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    part(
        bundle,
        "KB5035857",
        "20348.2340.1.10",
        "amd64",
        file,
        new DocumentFile(
            "windows-kb5035857-x64-express.cab", 5, file.sha1(), file.sha256(), "SelfContained"),
        new DocumentFile(
            "windows-kb5035857-x64.psf", 5, file.sha1(), file.sha256(), "SelfContained"),
        new DocumentFile("other.cab", 5, file.sha1(), file.sha256(), "Express"));
    server.publish(bundle);

    assertThat(offered())
        .singleElement()
        .satisfies(each ->
            assertThat(each.file().fileName()).matches("windows-kb5035857-x64-[0-9a-f]{12}[.]cab"));
  }

  @Test
  void aFileOnAServerThatIsNotMicrosoftsIsLeftOut() throws Exception {
    server.close();
    server = new FakeUpstream(Shape.MICROSOFT, temporary.resolve("server"));
    server.microsoftHost("http://download.windowsupdate.com.example.org");
    cumulative("KB5035857", "20348.2340");

    assertThat(offered()).isEmpty();
    assertThat(leftOut())
        .singleElement()
        .asString()
        .contains("download.windowsupdate.com.example.org");
  }

  @Test
  void anUpdateOfTheOperatingSystemsInstallerHasItsCheckpoints() throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB5083769");
    bundle.product = Known.SERVER_2025;
    bundle.system = "Server.OS.amd64";
    bundle.release = "10.0.26100.8246";
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    server.publish(
        child,
        UpdateDocuments.osInstaller(
            child,
            "Server.OS.amd64",
            "10.0.26100.8246",
            server.file("languages.cab", new byte[] {1}),
            server.file("windows11.0-kb5043080-x64.msu", new byte[] {2}),
            server.file("windows11.0-kb5083769-x64.msu", new byte[] {3})),
        Known.SERVER_2025,
        Known.SECURITY);
    server.publish(bundle);

    OfferedUpdate update = refresh(source(Known.SERVER_2025)).updates().updates().getFirst();

    assertThat(update.facts().kind()).isEqualTo(Kind.CUMULATIVE);
    assertThat(update.facts().resultingBuild()).isEqualTo("26100.8246");
    assertThat(update.facts().security()).isTrue();
    assertThat(update.file().fileName()).startsWith("windows11-0-kb5083769-x64-");
    assertThat(update.checkpoints())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.kb()).isEqualTo("KB5043080");
          assertThat(each.file().size()).isEqualTo(1);
        });
  }

  @Test
  void aDocumentTypeIsRefused() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    RevisionId bomb = new RevisionId(UUID.randomUUID(), 100);
    server.publish(
        bomb,
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>",
        Known.SERVER_2022,
        Known.SECURITY);
    assertThat(march).isNotNull();

    UpstreamRefresh.Outcome outcome = refresh();

    assertThat(outcome.updates().updates()).hasSize(1);
    assertThat(outcome.notices())
        .singleElement()
        .asString()
        .contains(bomb.toString(), "document type");
  }

  @Test
  void anAnswerWithADocumentTypeIsAnError() {
    server.answerRaw("<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>");

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("document type");
  }

  /**
   * What a server says is kept in memory and on the disk: its length is not the server's to say.
   */
  @Test
  void aDocumentWithTooLongNamesIsRefused() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    assertThat(march).isNotNull();
    RevisionId named = new RevisionId(UUID.randomUUID(), 100);
    DocumentFile[] files = new DocumentFile[40];
    for (int i = 0; i < files.length; i++) {
      files[i] =
          new DocumentFile(
              "n".repeat(30_000) + i + ".cab", 5, new byte[20], new byte[32], "SelfContained");
    }
    server.publish(
        named,
        UpdateDocuments.cbs(named, "KB5040001", "20348.2402.1.1", "amd64", 10, files),
        Known.SERVER_2022,
        Known.SECURITY);

    UpstreamRefresh.Outcome outcome = refresh();

    assertThat(outcome.updates().updates()).hasSize(1);
    assertThat(outcome.notices())
        .singleElement()
        .asString()
        .contains(named.toString(), "more than 1 MiB of names");
  }

  @Test
  void anAnswerWithTooManyAddressesIsRefused() throws Exception {
    cumulative("KB5035857", "20348.2340");
    server.moreUrls(
        "<ServerSyncUrlData><FileDigest>x</FileDigest><MUUrl>%s</MUUrl></ServerSyncUrlData>"
            .formatted("u".repeat(60_000))
            .repeat(300));

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("more than 16 MiB of files' addresses");
  }

  @Test
  void aMalformedAddressOfTheAuthenticationIsAnError() {
    server.answerRaw(
        "<Envelope><Body><GetAuthConfigResponse><GetAuthConfigResult><AuthInfo><AuthPlugInInfo>"
            + "<PlugInID>DssTargeting</PlugInID><ServiceUrl>http://[</ServiceUrl>"
            + "</AuthPlugInInfo></AuthInfo></GetAuthConfigResult></GetAuthConfigResponse></Body>"
            + "</Envelope>");

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("a malformed address, which is not followed");
  }

  /** A recording holds such an answer in memory, to take its secrets out. */
  @Test
  void anEndlessAnswerToTheAuthenticationIsRefused() {
    server.answerRaw("<Envelope>" + " ".repeat(5 << 20) + "</Envelope>");

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("larger than any that is expected");
  }

  @Test
  void aListOfTooManyRevisionsIsRefused() {
    server.moreRevisions(500_001);

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("lists more than 500000 revisions");
  }

  @Test
  void tooManyPartsOfBundlesAreRefused() throws Exception {
    mostRevisions = 20;
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    for (int i = 0; i < 25; i++) {
      bundle.children.add(new RevisionId(UUID.randomUUID(), 100));
    }
    server.publish(bundle);

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("has listed more than 20 revisions");
    assertThat(documentRequests()).as("none for the parts").isEqualTo(1);
  }

  @Test
  void tooManyRevisionsOverSeveralRefreshesAreRefused() throws Exception {
    mostRevisions = 20;
    for (int i = 100; i < 109; i++) {
      cumulative("KB5000" + i, "20348." + i);
    }
    refresh();
    cumulative("KB5000109", "20348.109");
    refresh();
    cumulative("KB5000110", "20348.110");

    assertThatThrownBy(this::refresh).hasMessageContaining("has listed more than 20 revisions");
  }

  @Test
  void aDocumentOfFiftyMegabytesIsRead() throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), "KB5035857");
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    server.publish(
        child,
        UpdateDocuments.cbs(
            child, "KB5035857", "20348.2340.1.10", "amd64", 25 << 20, file("KB5035857", "x64")),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);

    assertThat(kbs()).containsExactly("KB5035857");
  }

  @Test
  void aCabinetThatUnpacksToMoreThanTheLimitIsNotUnpacked() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    assertThat(march).isNotNull();
    byte[] cabinet = server.cabinet("<x/>");
    ByteBuffer header = ByteBuffer.wrap(cabinet).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(header.getInt(16), (int) DocumentBatch.LARGEST_DOCUMENT + 1);
    RevisionId bomb = new RevisionId(UUID.randomUUID(), 100);
    server.publishCabinet(bomb, cabinet, Known.SERVER_2022, Known.SECURITY);

    UpstreamRefresh.Outcome outcome = refresh();

    assertThat(outcome.updates().updates()).hasSize(1);
    assertThat(outcome.notices()).singleElement().asString().contains("larger than the limit");
  }

  @Test
  void aDamagedCabinetHidesNoOther() throws Exception {
    UUID march = cumulative("KB5035857", "20348.2340");
    assertThat(march).isNotNull();
    byte[] cabinet = server.cabinet("<x>" + "some text ".repeat(1000) + "</x>");
    for (int i = cabinet.length - 40; i < cabinet.length; i++) {
      cabinet[i] ^= 0x55;
    }
    RevisionId damaged = new RevisionId(UUID.randomUUID(), 100);
    server.publishCabinet(damaged, cabinet, Known.SERVER_2022, Known.SECURITY);
    RevisionId other = new RevisionId(UUID.randomUUID(), 100);
    server.publishCabinet(other, "no cabinet".getBytes(UTF_8), Known.SERVER_2022, Known.SECURITY);

    UpstreamRefresh.Outcome outcome = refresh();

    assertThat(outcome.updates().updates()).hasSize(1);
    assertThat(outcome.notices()).singleElement().asString().contains("2 documents");
  }

  @Test
  void aRedirectIsNotFollowed() {
    server.redirectTo("http://other.example:8530/");

    assertThatThrownBy(this::refresh)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("redirects to http://other.example:8530, which is not followed");
  }

  /** Else all of it would be asked again, and a recording of the first time would be in the way. */
  @Test
  void aServiceThatIsNotThereIsNoMirrorInTheMiddleOfAnUpdate() {
    server.lack("/DssAuthWebService/");

    assertThatThrownBy(this::refresh)
        .isExactlyInstanceOf(FetchException.class)
        .hasMessageContaining(
            "/DssAuthWebService/DssAuthWebService.asmx does not exist (HTTP 404)");
  }

  @Test
  void aClockThatIsWrongChangesNothing() throws Exception {
    cumulative("KB5035857", "20348.2340");

    UpstreamRefresh.Outcome outcome =
        refresh(
            source(),
            Clock.fixed(Instant.parse("1999-01-01T00:00:00Z"), ZoneOffset.UTC),
            RefreshOptions.NONE);

    assertThat(outcome.updates().updates()).hasSize(1);
  }

  @Test
  void aServerBehindAProxyIsReached() throws Exception {
    server.microsoftHost("http://download.windowsupdate.com");
    cumulative("KB5035857", "20348.2340");
    // A proxy for plain http is asked for whole URLs, which this server answers by their path.
    WsusSource source =
        new WsusSource(
            "http://wsus.example:8530",
            "amd64",
            List.of("Microsoft Server operating system-21H2"),
            WsusSource.usualClassifications(),
            true,
            false,
            "",
            new Route(server.url(), ""));

    assertThat(refresh(source).updates().updates())
        .singleElement()
        .satisfies(each ->
            assertThat(each.file().urls().getFirst())
                .startsWith(
                    shape == Shape.MICROSOFT
                        ? "http://download.windowsupdate.com/msdownload/"
                        : "http://wsus.example:8530/Content/"));
  }

  @Test
  void doctorAsksWhetherProductsAndClassificationsExist() throws Exception {
    Transport transport =
        new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS);
    assertThat(new UpstreamExamination(source(), transport).problem()).isEmpty();
    assertThat(server.requests()).hasSize(4);

    String unknown = "12345678-0000-0000-0000-123456789012";
    assertThat(new UpstreamExamination(source(unknown), transport).problem())
        .hasValueSatisfying(said -> assertThat(said).contains("does not have products " + unknown));
    WsusSource known = source();
    WsusSource other =
        new WsusSource(
            known.url(),
            known.architecture(),
            known.products(),
            List.of("Security Updates", unknown),
            true,
            false,
            "",
            known.route());
    assertThat(new UpstreamExamination(other, transport).problem())
        .hasValueSatisfying(said ->
            assertThat(said).contains("does not have classifications " + unknown + "; correct"));
  }

  /** The documents have German and Japanese titles with the words of previews before it. */
  @Test
  void onlyTheEnglishTitleOfSeveralLanguagesCounts() throws Exception {
    cumulative("KB5035857", "20348.2340");

    assertThat(offered())
        .singleElement()
        .extracting(OfferedUpdate::title)
        .isEqualTo("Update KB5035857");
  }

  @Test
  void plainHttpHasToBeAccepted() {
    assertThatThrownBy(() ->
            new WsusSource(
                server.url(),
                "amd64",
                List.of(Known.SERVER_2022),
                WsusSource.usualClassifications(),
                false,
                false,
                "",
                Route.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("accept it with insecure-http: true");
    assertThat(source().text()).contains("insecure http");
  }

  @Test
  void progressIsTold() throws Exception {
    cumulative("KB5035857", "20348.2340");
    List<Progress> told = Collections.synchronizedList(new ArrayList<>());

    refresh(source(), Clock.systemUTC(), new RefreshOptions(told::add, Optional.empty()));

    assertThat(told).extracting(Progress::text).contains("reading documents: 2 of 2");
  }

  @Test
  void aRecordingHasEveryMessageAndNoSecret() throws Exception {
    cumulative("KB5035857", "20348.2340");
    Path recording = temporary.resolve("recording");

    refresh(source(), Clock.systemUTC(), new RefreshOptions(_ -> {}, Optional.of(recording)));

    try (Stream<Path> files = Files.list(recording)) {
      List<Path> all = files.sorted().toList();
      assertThat(all)
          .extracting(each -> each.getFileName().toString())
          .contains("0001-GetAuthConfig.request.xml", "0006-GetUpdateData.response.xml")
          .hasSize(12);
      for (Path each : all) {
        assertThat(Files.readString(each)).doesNotContain("c2VjcmV0", "Y29va2ll");
      }
    }
    assertThat(Files.readString(recording.resolve("0003-GetCookie.response.xml")))
        .contains("<EncryptedData>REMOVED</EncryptedData>");
    assertThatThrownBy(() ->
            refresh(
                source(), Clock.systemUTC(), new RefreshOptions(_ -> {}, Optional.of(recording))))
        .hasMessageContaining("is not empty");
  }

  /** Nodes with a shared store replace a catalogue's files by those of the store. */
  @Test
  void whatACrashHasKeptOutlivesAPullFromTheStore() throws Exception {
    cumulative("KB5035857", "20348.2340");
    refresh();
    // As a crash leaves it, and then a pull from a store that has nothing yet.
    Files.move(directory.resolve(FactStore.FILE), directory.resolve(FactStore.NEW));
    Files.delete(directory.resolve(UpstreamState.FILE));
    server.clear();

    assertThat(kbs()).containsExactly("KB5035857");

    assertThat(server.requests()).doesNotContain("GetUpdateData");
    assertThat(directory.resolve(FactStore.NEW)).doesNotExist();
    assertThat(directory.resolve(FactStore.FILE)).isNotEmptyFile();
  }

  @Test
  void aRefreshThatIsInterruptedKeepsItsFactsWhereAPullDoesNotReachThem() throws Exception {
    cumulative("KB5035857", "20348.2340");
    cumulative("KB5036909", "20348.2402");
    server.limitTo(1);
    CountDownLatch reached = server.holdFrom("GetUpdateData", 5);
    Thread refresh = new Thread(() -> assertThatThrownBy(this::refresh).isNotNull());
    cumulative("KB5037782", "20348.2461");
    refresh.start();
    reached.await();
    await(this::hasFacts);
    refresh.interrupt();
    refresh.join();
    server.goOn();

    assertThat(directory.resolve(FactStore.NEW)).isNotEmptyFile();
    assertThat(directory.resolve(FactStore.FILE)).doesNotExist();
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(5);
    }
  }

  private boolean hasFacts() throws IOException {
    Path facts = directory.resolve(FactStore.NEW);
    return Files.exists(facts) && Files.size(facts) > 0;
  }

  @Test
  void aLineThatACrashHasCutOffIsFetchedAgain() throws Exception {
    cumulative("KB5035857", "20348.2340");
    refresh();
    Path facts = directory.resolve(FactStore.FILE);
    byte[] whole = Files.readAllBytes(facts);
    Files.write(facts, Arrays.copyOf(whole, whole.length - 20));
    server.clear();

    assertThat(kbs()).containsExactly("KB5035857");

    assertThat(server.requests()).filteredOn("GetUpdateData"::equals).hasSize(1);
  }

  private UUID cumulative(String kb, String build, UUID... superseded) throws Exception {
    Bundle bundle = bundle(UUID.randomUUID(), kb, superseded);
    part(bundle, kb, build + ".1.10", "amd64");
    server.publish(bundle);
    return bundle.id;
  }

  private static Bundle bundle(UUID id, String kb, UUID... superseded) {
    Bundle bundle = new Bundle(id);
    bundle.kb = kb;
    bundle.title = "Update " + kb;
    bundle.superseded.addAll(List.of(superseded));
    bundle.children.addAll(PARTS.getOrDefault(id, List.of()));
    return bundle;
  }

  private void part(Bundle bundle, String kb, String version, String architecture)
      throws Exception {
    part(
        bundle,
        kb,
        version,
        architecture,
        file(kb, architecture.equals("amd64") ? "x64" : architecture));
  }

  private void part(
      Bundle bundle, String kb, String version, String architecture, DocumentFile... files) {
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    PARTS.put(bundle.id, List.copyOf(bundle.children));
    server.publish(
        child,
        UpdateDocuments.cbs(child, kb, version, architecture, 10, files),
        bundle.product,
        bundle.classification);
  }

  private DocumentFile file(String kb, String architecture) throws Exception {
    String name = "windows-%s-%s.cab".formatted(kb.toLowerCase(Locale.ROOT), architecture);
    return server.file(name, name.getBytes(UTF_8));
  }

  private List<String> kbs() throws Exception {
    return offered().stream().map(each -> each.facts().kb()).toList();
  }

  private List<OfferedUpdate> offered() throws Exception {
    return refresh().updates().updates();
  }

  private List<String> leftOut() throws Exception {
    return UpstreamState.read(directory, server.url()).leftOut();
  }

  private WsusSource source(String... products) {
    return new WsusSource(
        server.url(),
        "amd64",
        products.length == 0 ? WsusSource.usualProducts("WINDOWS_SERVER_2022") : List.of(products),
        WsusSource.usualClassifications(),
        true,
        false,
        "",
        new Route(Route.DIRECT, ""));
  }

  private UpstreamRefresh.Outcome refresh() throws Exception {
    return refresh(source());
  }

  private UpstreamRefresh.Outcome refresh(WsusSource source) throws Exception {
    return refresh(source, Clock.systemUTC(), RefreshOptions.NONE);
  }

  private UpstreamRefresh.Outcome refresh(WsusSource source, Clock clock, RefreshOptions options)
      throws Exception {
    Transport transport =
        new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS);
    return new UpstreamRefresh(
            source,
            "WINDOWS_SERVER_2022",
            directory,
            transport,
            clock,
            options,
            List.of(Duration.ofMillis(1), Duration.ofMillis(1)),
            mostRevisions)
        .run();
  }
}
