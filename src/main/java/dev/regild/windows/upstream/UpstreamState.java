package dev.regild.windows.upstream;

import dev.regild.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a channel knows of its server since the last refresh that ended well.
 *
 * @param server the root of its URLs
 * @param account by which the server knows this channel
 * @param anchor the server's own word for its state; empty before the first refresh
 * @param products that the anchor is for
 * @param classifications the same
 * @param listed the newest revision of each update that the server has listed
 * @param missing listed revisions that the server does not have
 * @param refreshedAt when the server was asked; empty before the first refresh
 * @param leftOut why updates that nothing supersedes are not offered, a line each
 */
record UpstreamState(
    String server,
    UUID account,
    String anchor,
    Set<UUID> products,
    Set<UUID> classifications,
    SortedMap<UUID, Integer> listed,
    Set<RevisionId> missing,
    String refreshedAt,
    List<String> leftOut) {
  static final String FILE = "upstream-state.json";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  UpstreamState {
    products = new TreeSet<>(products);
    classifications = new TreeSet<>(classifications);
    leftOut = List.copyOf(leftOut);
  }

  /** Of a channel that has never asked a server. */
  static UpstreamState none(String server) {
    return new UpstreamState(
        server,
        UUID.randomUUID(),
        "",
        Set.of(),
        Set.of(),
        new TreeMap<>(),
        Set.of(),
        "",
        List.of());
  }

  /** Reads that of a channel; one of another server, or a damaged one, counts as none. */
  static UpstreamState read(Path directory, String server) throws IOException {
    try {
      UpstreamState state =
          JSON.readValue(Files.readAllBytes(directory.resolve(FILE)), UpstreamState.class);
      return state.server().equals(server) ? state : none(server);
    } catch (NoSuchFileException e) {
      return none(server);
    } catch (JacksonException e) {
      // All of it can be had again.
      return none(server);
    }
  }

  void write(Path directory) throws IOException {
    DurableFiles.write(directory.resolve(FILE), JSON.writeValueAsString(this));
  }

  /** The same without an anchor: everything is listed again. */
  UpstreamState withoutAnchor() {
    return new UpstreamState(
        server, account, "", Set.of(), Set.of(), new TreeMap<>(), Set.of(), refreshedAt, leftOut);
  }

  /** The same after a refresh. */
  UpstreamState with(Selection.Result selected, DriverFollow.Result drivers, Instant at) {
    Set<RevisionId> absent = new HashSet<>(missing);
    absent.addAll(drivers.missing());
    List<String> left = new ArrayList<>(selected.leftOut());
    left.addAll(drivers.leftOut());
    return new UpstreamState(
        server, account, anchor, products, classifications, listed, absent, at.toString(), left);
  }
}
