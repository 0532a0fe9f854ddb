package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.StallGuard;
import dev.regild.fixtures.TlsKeys;
import dev.regild.windows.catalogue.OfferedFile;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that a WSUS lists, and may not have yet. */
class WsusFilesTest {
  @TempDir Path temporary;
  private FakeUpstream server;
  private DocumentFile file;
  private String authority = "";
  private String othersAuthority = "";

  @BeforeEach
  void start() throws Exception {
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"));
    file = server.file("windows-kb5035857-x64.cab", new byte[] {1, 2, 3});
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aFileThatIsThereIsNotAskedFor() throws Exception {
    require();

    assertThat(server.requests()).isEmpty();
    assertThat(server.downloads()).containsExactly(file.content());
  }

  @Test
  void aServerIsAskedToDownloadWhatItDoesNotHave() throws Exception {
    server.withhold(file);

    require();

    assertThat(server.requests()).last().isEqualTo("DownloadFiles");
    assertThat(server.bodies().getLast())
        .contains("<fileDigestList><base64Binary>" + file.digest() + "</base64Binary>");
  }

  @Test
  void aServerThatDoesNotGetTheFileIsAClearError() {
    server.withhold(file);
    server.fault("DownloadFiles", "FileDigestsMissing", "");

    assertThatThrownBy(this::require)
        .isInstanceOf(FetchException.class)
        .hasMessage(
            server.url()
                + " lists update.cab, but does not have the file; approve the update there and try"
                + " again, or set fetch-from-microsoft: true in the channel's file");
  }

  @Test
  void whatMicrosoftHasIsNotWaitedFor() throws Exception {
    server.withhold(file);
    server.fault("DownloadFiles", "FileDigestsMissing", "");

    require("http://download.windowsupdate.com/update.cab");

    assertThat(server.downloads()).hasSize(1);
  }

  @Test
  void aServerThatTakesNoRequestForFilesDoesNotMatterIfMicrosoftHasThem() throws Exception {
    server.withhold(file);
    server.fault("DownloadFiles", "InternalServerError", "");

    require("http://download.windowsupdate.com/update.cab");

    assertThat(server.requests()).last().isEqualTo("DownloadFiles");
  }

  @Test
  void whatAServerDoesNotHaveComesFromMicrosoft() throws Exception {
    server.withhold(file);
    server.clear();

    assertThat(fetch(server.url() + "/msdownload/" + file.name()))
        .hasBinaryContent(new byte[] {1, 2, 3});

    assertThat(server.downloads()).containsExactly(file.content(), "/msdownload/" + file.name());
  }

  /** A company has an authority of its own, which does not vouch for Microsoft's servers. */
  @Test
  void theOtherPlacesOfAFileHaveAnAuthorityOfTheirOwn() throws Exception {
    TlsKeys own = TlsKeys.make(temporary.resolve("own"), "IP:127.0.0.1");
    TlsKeys others = TlsKeys.make(temporary.resolve("others"), "IP:127.0.0.1");
    server.close();
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("own"), own.context());
    authority = own.authority().toString();
    othersAuthority = others.authority().toString();
    file = server.file("windows-kb5035858-x64.cab", new byte[] {4, 5, 6});
    server.withhold(file);
    try (FakeUpstream microsoft =
        new FakeUpstream(Shape.MICROSOFT, temporary.resolve("others"), others.context())) {
      DocumentFile there = microsoft.file(file.name(), new byte[] {4, 5, 6});

      assertThat(fetch(microsoft.url() + "/msdownload/" + there.name()))
          .hasBinaryContent(new byte[] {4, 5, 6});

      assertThat(server.downloads()).containsExactly(file.content());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", "short", "much longer than it should be"})
  void aFileOfAnotherDigestOrSizeIsRefused(String content) throws Exception {
    file = server.file("windows-kb5035858-x64.cab", "right".getBytes(UTF_8));
    server.replace(file, content.getBytes(UTF_8));

    assertThatThrownBy(this::fetch)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining(file.content());
    try (Stream<Path> left = Files.walk(temporary.resolve("packages"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void aFileThatIsSaidToBeElsewhereIsNotFollowed() {
    server.redirectTo("http://other.example/update.cab");

    assertThatThrownBy(this::fetch)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("redirects to http://other.example, which is not followed");
  }

  private Path fetch(String... others) throws Exception {
    PackageFile wanted =
        new PackageFile(
            URI.create(server.url() + file.content()),
            "update.cab",
            file.size(),
            HexFormat.of().formatHex(file.sha256()),
            Stream.of(others).map(URI::create).toList(),
            new Route(Route.DIRECT, authority),
            true,
            new Route(Route.DIRECT, othersAuthority));
    Transport transport =
        new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS);
    Path fetched =
        new PackageCache(temporary.resolve("packages"), transport)
            .fetch(List.of(wanted), 1, _ -> {})
            .get(wanted);
    assertThat(fetched).isNotNull();
    return fetched;
  }

  private void require(String... others) throws Exception {
    List<String> urls = new ArrayList<>(List.of(server.url() + file.content()));
    urls.addAll(List.of(others));
    Transport transport =
        new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS);
    new WsusFiles(Duration.ofMillis(1), 3)
        .require(
            server.url(),
            new Route(Route.DIRECT, ""),
            List.of(
                new OfferedFile(
                    "update.cab",
                    file.size(),
                    HexFormat.of().formatHex(file.sha256()),
                    file.digest(),
                    urls)),
            transport);
  }
}
