package dev.regild.channel;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Reads a repository's small documents, those that didn't change from the snapshot so far. */
final class DocumentReader {
  private static final int LIMIT = 16 << 20;

  private final Transport transport;
  private final Optional<Path> snapshot;
  private final Map<String, Validators> known;

  /**
   * @param snapshot the directory of the current snapshot
   * @param known the validators of its documents, by URI
   */
  DocumentReader(Transport transport, Optional<Path> snapshot, Map<String, Validators> known) {
    this.transport = transport;
    this.snapshot = snapshot;
    this.known = known;
  }

  /**
   * The document's content, not yet verified.
   *
   * @param name its name in a snapshot
   * @param validators gets the document's, for the next time
   */
  byte[] read(String uri, String name, Map<String, Validators> validators)
      throws ChannelException, IOException, InterruptedException {
    Optional<Path> kept = kept(name);
    Validators conditional =
        kept.isPresent() ? known.getOrDefault(uri, Validators.NONE) : Validators.NONE;
    return switch (transport.read(URI.create(uri), conditional, LIMIT)) {
      case Transport.Document.Content(byte[] bytes, Validators fresh) -> {
        validators.put(uri, fresh);
        yield bytes;
      }
      case Transport.Document.NotModified() -> {
        validators.put(uri, conditional);
        yield Files.readAllBytes(kept.orElseThrow());
      }
    };
  }

  /** The file of that name in the snapshot so far; empty if there is none. */
  Optional<Path> kept(String name) {
    return snapshot.map(directory -> directory.resolve(name)).filter(Files::isRegularFile);
  }
}
