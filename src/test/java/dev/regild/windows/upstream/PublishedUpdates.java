package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.PackageSource;
import dev.regild.fetch.Route;
import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Publishes updates for Windows Server 2022 on a server of the tests. */
public final class PublishedUpdates {
  private PublishedUpdates() {}

  /** A channel's source that follows the server; signatures have to lead to that root. */
  public static PackageSource source(FakeUpstream server, Path root) {
    return source(server, root, false);
  }

  /**
   * The same.
   *
   * @param fetchesAhead whether files are downloaded before an update needs them
   */
  public static PackageSource source(FakeUpstream server, Path root, boolean fetchesAhead) {
    return new WsusSource(
        server.url(),
        "amd64",
        WsusSource.usualProducts("WINDOWS_SERVER_2022"),
        WsusSource.usualClassifications(),
        List.of(),
        true,
        false,
        fetchesAhead,
        root.toString(),
        new Route(Route.DIRECT, ""));
  }

  /** A cumulative update that builds on a checkpoint. */
  public static void onCheckpoint(
      FakeUpstream server, String kb, String build, Path msu, Path checkpoint) throws Exception {
    Bundle bundle = bundle(kb);
    bundle.system = "Server.OS.amd64";
    bundle.release = "10.0." + build;
    RevisionId child = child(bundle);
    server.publish(
        child,
        UpdateDocuments.osInstaller(
            child, bundle.system, bundle.release, server.file(checkpoint), server.file(msu)),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);
  }

  /**
   * A cumulative update, whose file is not one that could be installed.
   *
   * @return its id
   */
  public static UUID cumulative(FakeUpstream server, String kb, String build, UUID... superseded)
      throws Exception {
    Bundle bundle = bundle(kb);
    bundle.superseded.addAll(List.of(superseded));
    RevisionId child = child(bundle);
    server.publish(
        child,
        UpdateDocuments.cbs(
            child,
            kb,
            build + ".1.10",
            "amd64",
            10,
            server.file("windows-%s-x64.cab".formatted(kb), kb.getBytes(UTF_8))),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);
    return bundle.id;
  }

  /** A rollup of .NET. */
  public static void dotNet(FakeUpstream server, String kb, String version, Path cab)
      throws Exception {
    Bundle bundle = bundle(kb);
    RevisionId child = child(bundle);
    server.publish(
        child,
        UpdateDocuments.cbs(
            child, kb, "Package_for_DotNetRollup", version, "amd64", 10, server.file(cab)),
        Known.SERVER_2022,
        Known.SECURITY);
    server.publish(bundle);
  }

  private static Bundle bundle(String kb) {
    Bundle bundle = new Bundle(UUID.randomUUID());
    bundle.kb = kb;
    bundle.title = "Update " + kb;
    return bundle;
  }

  private static RevisionId child(Bundle bundle) {
    RevisionId child = new RevisionId(UUID.randomUUID(), 100);
    bundle.children.add(child);
    return child;
  }
}
