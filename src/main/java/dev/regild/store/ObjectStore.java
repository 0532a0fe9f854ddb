package dev.regild.store;

import dev.regild.files.Parallel;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/**
 * The objects of one store. Each is written once, whole or not at all, with its SHA-256 in its
 * metadata, and is overwritten only to repair it. Readers know the SHA-256 and check it: the SDK's
 * checksums are off, because stores other than AWS refuse them.
 */
public final class ObjectStore implements AutoCloseable {
  /** Objects of this size and more are sent in parts. */
  static final long MULTIPART_FROM = 64L << 20;

  static final long PART = 16L << 20;

  /** S3's limit is 10,000. */
  private static final int MOST_PARTS = 9_000;

  /** How many parts of one object are sent at the same time. */
  private static final int AT_ONCE = 4;

  static final String SHA256 = "sha256";
  static final String TYPE = "application/octet-stream";

  private final StoreSettings settings;
  private final StoreLocation location;

  private final S3Client client;
  private final StoreCalls calls;
  private final MultipartUploads uploads;
  private final RangedReads reads;
  private final long multipartFrom;

  /** Connects to nothing yet. */
  public ObjectStore(StoreSettings settings) {
    this(settings, MULTIPART_FROM);
  }

  ObjectStore(StoreSettings settings, long multipartFrom) {
    this.multipartFrom = multipartFrom;
    this.settings = settings;
    this.location = settings.location();
    this.client = StoreClient.of(settings);
    this.calls = new StoreCalls(location, settings.limits().patience());
    this.uploads = new MultipartUploads(settings, client, calls);
    this.reads = new RangedReads(settings, client, calls);
  }

  public StoreLocation location() {
    return location;
  }

  /** Returns the unfinished uploads. */
  public MultipartUploads uploads() {
    return uploads;
  }

  /**
   * Writes a file as a new object. Succeeds too if an earlier call, whose answer was lost, wrote
   * it.
   *
   * @param sha256 of the file, lower-case hexadecimal; it is kept beside the object
   * @throws TakenKeyException if another object has the name
   * @throws StoreException if it can't be written; nothing of it is visible then
   */
  public void write(String name, Path file, String sha256)
      throws IOException, InterruptedException {
    send(name, file, sha256, false);
  }

  /**
   * Writes a file over any object of the name, which stays until the new one is complete.
   *
   * @param sha256 of the file, lower-case hexadecimal; it is kept beside the object
   * @throws StoreException if it can't be written; nothing of it is visible then
   */
  public void replace(String name, Path file, String sha256)
      throws IOException, InterruptedException {
    send(name, file, sha256, true);
  }

  private void send(String name, Path file, String sha256, boolean over)
      throws IOException, InterruptedException {
    long bytes = Files.size(file);
    try {
      if (bytes < multipartFrom) {
        writeWhole(name, file, bytes, sha256, over);
      } else {
        writeInParts(name, file, bytes, sha256, over);
      }
    } catch (TakenKeyException | MissingObjectException e) {
      if (!isWritten(name, bytes, sha256) || (over && !sha256(name, bytes).equals(sha256))) {
        throw e;
      }
    }
  }

  /**
   * A call whose answer was lost is made again. Then the object is there already, or its upload is
   * not there any more. A damaged object may look like its repair, unless it is read.
   */
  private boolean isWritten(String name, long bytes, String sha256)
      throws IOException, InterruptedException {
    return find(name)
        .filter(it -> it.bytes() == bytes && it.sha256().equals(Optional.of(sha256)))
        .isPresent();
  }

  private void writeWhole(String name, Path file, long bytes, String sha256, boolean over)
      throws IOException, InterruptedException {
    var _ =
        calls.make(
            "write " + name,
            () ->
                client.putObject(
                    request ->
                        request
                            .bucket(location.bucket())
                            .key(location.key(name))
                            .contentType(TYPE)
                            .metadata(Map.of(SHA256, sha256))
                            .serverSideEncryption(settings.algorithm())
                            .ssekmsKeyId(settings.encryptionKey())
                            .ifNoneMatch(condition(over))
                            .overrideConfiguration(
                                it -> it.apiCallAttemptTimeout(settings.limits().sending(bytes))),
                    FileRange.body(file, 0, bytes)));
  }

  /** Returns the condition of a write: that no object is there, or none. */
  static @Nullable String condition(boolean over) {
    return over ? null : "*";
  }

  void writeInParts(String name, Path file, long bytes, String sha256, boolean over)
      throws IOException, InterruptedException {
    HalfUpload upload = uploads.begin(name, Optional.of(sha256));
    boolean done = false;
    try {
      List<Parallel.Task<UploadedPart, StoreException>> parts = new ArrayList<>();
      long size = Math.max(PART, Math.ceilDiv(bytes, MOST_PARTS));
      for (long at = 0; at < bytes; at += size) {
        long first = at;
        int number = parts.size() + 1;
        parts.add(() -> uploads.send(upload, number, file, first, Math.min(size, bytes - first)));
      }
      uploads.complete(upload, Parallel.run(AT_ONCE, parts), over);
      done = true;
    } finally {
      if (!done) {
        uploads.abortQuietly(upload);
      }
    }
  }

  /**
   * Reads an object into a file, several ranges at a time, and hashes it meanwhile.
   *
   * @param bytes its size
   * @param target does not exist yet; the caller removes it if this fails
   * @return the SHA-256 of what was read, lower-case hexadecimal
   * @throws MissingObjectException if there is no such object
   * @throws ChangedObjectException if it has another size
   */
  public String read(String name, long bytes, Path target)
      throws IOException, InterruptedException {
    MessageDigest digest = Sha256.digest();
    try (FileChannel file =
        FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      reads.inOrder(
          name,
          bytes,
          new RangedReads.Sink() {
            @Override
            public void take(ByteBuffer piece) {
              digest.update(piece);
            }

            @Override
            public void arrives(ByteBuffer stretch, long at) throws IOException {
              long end = at + stretch.remaining();
              while (stretch.hasRemaining()) {
                var _ = file.write(stretch, end - stretch.remaining());
              }
            }
          });
    }
    return Sha256.hex(digest);
  }

  /**
   * Reads an object only to hash it.
   *
   * @param bytes its size
   * @return its SHA-256, lower-case hexadecimal
   * @throws MissingObjectException if there is no such object
   * @throws ChangedObjectException if it has another size
   */
  public String sha256(String name, long bytes) throws IOException, InterruptedException {
    MessageDigest digest = Sha256.digest();
    reads.inOrder(name, bytes, digest::update);
    return Sha256.hex(digest);
  }

  /** Returns an object's metadata; empty if there is no such object. */
  public Optional<StoredObject> find(String name) throws IOException, InterruptedException {
    try {
      HeadObjectResponse head =
          calls.make(
              "look for " + name,
              () ->
                  client.headObject(
                      request -> request.bucket(location.bucket()).key(location.key(name))));
      return Optional.of(
          new StoredObject(
              name,
              head.contentLength(),
              head.lastModified(),
              Optional.ofNullable(head.metadata().get(SHA256))));
    } catch (MissingObjectException e) {
      return Optional.empty();
    }
  }

  /** Removes an object. Does nothing if there is none. */
  public void delete(String name) throws IOException, InterruptedException {
    try {
      var _ =
          calls.make(
              "delete " + name,
              () ->
                  client.deleteObject(
                      request -> request.bucket(location.bucket()).key(location.key(name))));
    } catch (MissingObjectException e) {
      // Some stores report it.
    }
  }

  /** What a list hands out: a thousand objects or fewer at a time. */
  @FunctionalInterface
  public interface Page<T> {
    void take(List<T> objects) throws IOException, InterruptedException;
  }

  /**
   * Lists all objects whose names begin so, in the order of their names, a page at a time.
   *
   * @param page gets each page
   */
  public void list(String beginning, Page<StoredObject> page)
      throws IOException, InterruptedException {
    PagedList<StoredObject, String> objects = from -> objectsFrom(beginning, from);
    objects.each(calls, "list its objects", page);
  }

  private PagedList.Answer<StoredObject, String> objectsFrom(
      String beginning, @Nullable String from) {
    ListObjectsV2Response answer =
        client.listObjectsV2(request ->
            request
                .bucket(location.bucket())
                .prefix(location.key(beginning))
                .continuationToken(from));
    return PagedList.Answer.of(
        answer.contents(),
        object ->
            new StoredObject(
                location.name(object.key()),
                object.size(),
                Objects.requireNonNullElse(object.lastModified(), Instant.EPOCH),
                Optional.empty()),
        Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null);
  }

  /** Returns all objects whose names begin so; for names of which there are few. */
  List<StoredObject> list(String beginning) throws IOException, InterruptedException {
    List<StoredObject> found = new ArrayList<>();
    list(beginning, found::addAll);
    return found;
  }

  @Override
  public void close() {
    client.close();
  }
}
