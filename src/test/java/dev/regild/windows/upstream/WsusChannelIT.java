package dev.regild.windows.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.cli.Regild;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fixtures.CodeSigner;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A channel that follows a server, by its commands; files are real, signed cabinets. */
@EnabledIf("dev.regild.fixtures.CodeSigner#isAvailable")
class WsusChannelIT {
  @TempDir Path temporary;
  private Path data;
  private Path files;
  private FakeUpstream server;
  private CodeSigner signer;

  @BeforeEach
  void start() throws Exception {
    data = Files.createDirectory(temporary.resolve("data"));
    files = Files.createDirectory(temporary.resolve("files"));
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"));
    signer = CodeSigner.in(temporary.resolve("signer"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aChannelFollowsItsServerAndItsFilesAreChecked() throws Exception {
    Path march = signer.sign(rollup("KB5035857", "20348.2340.1.10"));
    UUID first = publish("KB5035857", "20348.2340.1.10", server.file(march), List.of());
    assertThat(
            regild(
                1,
                "channel",
                "add",
                "win",
                "--platform",
                "WINDOWS_SERVER_2022",
                "--wsus",
                server.url()))
        .contains("insecure-http");
    assertThat(
            regild(
                1,
                "channel",
                "add",
                "win",
                "--platform",
                "WINDOWS_SERVER_2022",
                "--wsus",
                "https://wsus.example:8531",
                "--drivers"))
        .contains("--drivers needs --from-microsoft");

    assertThat(add()).contains("has a new snapshot of 1 packages");

    assertThat(regild(0, "channel", "list")).contains("all, insecure http");
    assertThat(regild(0, "channel", "list-updates", "win"))
        .contains("The catalogue of win is empty.", "channel show lists what");
    assertThat(regild(0, "channel", "show", "win"))
        .contains("WSUS " + server.url() + "; insecure http; amd64", "KB5035857", "20348.2340");
    assertThat(regild(0, "channel", "refresh", "win", "--progress"))
        .contains("asking " + server.url(), "is unchanged");
    // Whatever else it finds on this machine.
    assertThat(said("doctor").text())
        .containsPattern("servers of win +ok +http.* has its products and classifications");

    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    Snapshot snapshot = channels.current("win").orElseThrow();
    Map<PackageFile, Path> fetched = fetch(snapshot, server.url() + server.file(march).content());
    snapshot.check(fetched);
    assertThat(fetched.values())
        .singleElement()
        .satisfies(each -> assertThat(each).hasSameBinaryContentAs(march));

    // An update that is not what its metadata says, and one that nobody has signed.
    Path april = signer.sign(rollup("KB5036909", "20348.2402.1.10"));
    UUID second = publish("KB5036909", "20348.9999.1.10", server.file(april), List.of(first));
    Path may = rollup("KB5037782", "20348.2461.1.10");
    publish("KB5037782", "20348.2461.1.10", server.file(may), List.of(first));
    assertThat(second).isNotNull();
    assertThat(regild(0, "channel", "refresh", "win")).contains("has a new snapshot of 2 packages");
    Snapshot bad = channels.current("win").orElseThrow();
    assertThatThrownBy(() -> bad.check(fetch(bad, server.url() + server.file(april).content())))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("its build is '20348.2402', but the server's metadata says");
    assertThatThrownBy(() -> bad.check(fetch(bad, server.url() + server.file(may).content())))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("signature is missing");
    DocumentFile replaced = server.file(march);
    server.replace(replaced, new byte[(int) replaced.size()]);
    assertThatThrownBy(
            () -> fetch(snapshot, server.url() + replaced.content(), temporary.resolve("other")))
        .isInstanceOf(FetchException.class);

    // What its owner adds by hand counts in place of what the server has.
    assertThat(regild(0, "channel", "add-update", "win", march.toString())).contains("Added");
    assertThat(channels.current("win").orElseThrow().size()).isEqualTo(3);
    // The older snapshot is as it was.
    assertThat(new ChannelStore(data, Clock.systemUTC()).snapshot(snapshot.digest()))
        .get()
        .extracting(Snapshot::size)
        .isEqualTo(1);
  }

  private String add() {
    return regild(
        0,
        "channel",
        "add",
        "win",
        "--platform",
        "WINDOWS_SERVER_2022",
        "--wsus",
        server.url(),
        "--insecure-http",
        "--proxy",
        "none",
        "--signing-roots",
        signer.root().toString());
  }

  private Path rollup(String kb, String version) throws Exception {
    return WindowsPackages.update(
        files, kb, "Package_for_RollupFix", version, "Security Update", "20348");
  }

  private UUID publish(String kb, String version, DocumentFile file, List<UUID> superseded) {
    Bundle bundle = new Bundle(UUID.randomUUID());
    bundle.kb = kb;
    bundle.title = "Update " + kb;
    bundle.superseded.addAll(superseded);
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    server.publish(
        child,
        UpdateDocuments.cbs(child, kb, version, "amd64", 10, file),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);
    return bundle.id;
  }

  private Map<PackageFile, Path> fetch(Snapshot snapshot, String uri) throws Exception {
    return fetch(snapshot, uri, data);
  }

  private Map<PackageFile, Path> fetch(Snapshot snapshot, String uri, Path cache) throws Exception {
    return new PackageCache(cache).fetch(snapshot.packageFiles(Set.of(uri)).values(), 1, _ -> {});
  }

  private String regild(int status, String... arguments) {
    Said said = said(arguments);
    assertThat(said.status()).as(said.text()).isEqualTo(status);
    return said.text();
  }

  private record Said(int status, String text) {}

  private Said said(String... arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    List<String> words = new ArrayList<>(List.of(arguments));
    words.addAll(List.of("--data", data.toString()));
    int status = Regild.run(out, out, words.toArray(String[]::new));
    out.flush();
    return new Said(status, said.toString());
  }
}
