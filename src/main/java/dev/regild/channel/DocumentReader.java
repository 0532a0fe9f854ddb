package dev.regild.channel;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.fetch.Validators;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Reads a repository's small documents, those that didn't change from the snapshot so far. */
public final class DocumentReader {
  private static final int LIMIT = 16 << 20;
  private static final int LIST_LIMIT = 1 << 20;

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

  /** The same, of a repository whose servers are reached in that way. */
  public DocumentReader by(Route route) {
    return new DocumentReader(transport.by(route), snapshot, known);
  }

  /**
   * The document's content, not yet verified.
   *
   * @param name its name in a snapshot
   * @param validators gets the document's, for the next time
   */
  public byte[] read(String uri, String name, Map<String, Validators> validators)
      throws FetchException, IOException, InterruptedException {
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

  /** A list of mirrors, which no snapshot keeps. */
  public byte[] readList(String uri) throws FetchException, InterruptedException {
    return switch (transport.read(URI.create(uri), Validators.NONE, LIST_LIMIT)) {
      case Transport.Document.Content(byte[] bytes, Validators _) -> bytes;
      case Transport.Document.NotModified() ->
          throw new IllegalStateException("an unconditional request was answered by a condition");
    };
  }

  /** Verifies the document that the snapshot has. */
  public interface Verification<T> {
    T verified() throws FetchException, IOException;
  }

  /** When a document says that it was made. */
  public interface Age<T> {
    Instant madeAt(T document) throws FetchException;
  }

  /**
   * What is kept, if it is newer than what came: a mirror that lags behind, or an attacker, may
   * answer with an older document than we have. Then ours stays, as it does for apt.
   */
  public static <T> Optional<T> newerKept(T candidate, Verification<T> kept, Age<T> age)
      throws IOException {
    try {
      T ours = kept.verified();
      return age.madeAt(ours).isAfter(age.madeAt(candidate)) ? Optional.of(ours) : Optional.empty();
    } catch (FetchException e) {
      // Ours is no longer good, by another key or by time; the candidate is.
      return Optional.empty();
    }
  }

  /** What is said of a place whose document is {@linkplain #newerKept not taken}. */
  public static String olderThanOurs(String place) {
    return place
        + " is older than the version already seen, which is kept. The mirror may lag behind; if the vendor has"
        + " withdrawn packages, remove the channel and add it again";
  }

  /** The file of that name in the snapshot so far; empty if there is none. */
  public Optional<Path> kept(String name) {
    return snapshot.map(directory -> directory.resolve(name)).filter(Files::isRegularFile);
  }
}
