package dev.regild.store;

import dev.regild.files.Parallel;
import dev.regild.files.Sha256;
import dev.regild.files.StallGuard;
import dev.regild.store.StoreSettings.Encryption;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
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
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
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

  /** How many parts or ranges of one object are transferred at the same time. */
  private static final int AT_ONCE = 4;

  /**
   * The ranges of an object that is only hashed. They are held in memory, to repeat broken ones.
   */
  private static final int PIECE = 4 << 20;

  private static final int BUFFER = 256 << 10;
  private static final String SHA256 = "sha256";
  private static final String TYPE = "application/octet-stream";

  private final StoreSettings settings;
  private final StoreLocation location;

  /** What the store is asked to encrypt with; null for what the bucket does by itself. */
  private final @Nullable String encryption;

  private final @Nullable String encryptionKey;
  private final S3Client client;
  private final StoreCalls calls;
  private final long multipartFrom;

  /** Connects to nothing yet. */
  public ObjectStore(StoreSettings settings) {
    this(settings, MULTIPART_FROM);
  }

  ObjectStore(StoreSettings settings, long multipartFrom) {
    this.multipartFrom = multipartFrom;
    this.settings = settings;
    this.location = settings.location();
    this.encryption = settings.encryption().map(Encryption::algorithm).orElse(null);
    this.encryptionKey = settings.encryption().flatMap(Encryption::key).orElse(null);
    this.client = StoreClient.of(settings);
    this.calls = new StoreCalls(location, settings.limits().patience());
  }

  public StoreLocation location() {
    return location;
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
      requireWritten(name, bytes, sha256, e);
    }
  }

  /**
   * A call whose answer was lost is made again. Then the object is there already, or its upload is
   * not there any more.
   */
  private void requireWritten(String name, long bytes, String sha256, StoreException refusal)
      throws IOException, InterruptedException {
    if (find(name)
        .filter(it -> it.bytes() == bytes && it.sha256().equals(Optional.of(sha256)))
        .isEmpty()) {
      throw refusal;
    }
  }

  private void writeWhole(String name, Path file, long bytes, String sha256, boolean over)
      throws StoreException, InterruptedException {
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
                            .serverSideEncryption(encryption)
                            .ssekmsKeyId(encryptionKey)
                            .ifNoneMatch(condition(over))
                            .overrideConfiguration(
                                it -> it.apiCallAttemptTimeout(settings.limits().sending(bytes))),
                    body(file, 0, bytes)));
  }

  /** Returns the condition of a write: that no object is there, or none. */
  private static @Nullable String condition(boolean over) {
    return over ? null : "*";
  }

  void writeInParts(String name, Path file, long bytes, String sha256, boolean over)
      throws IOException, InterruptedException {
    HalfUpload upload = begin(name, sha256);
    boolean done = false;
    try {
      List<Parallel.Task<CompletedPart, StoreException>> parts = new ArrayList<>();
      long size = Math.max(PART, Math.ceilDiv(bytes, MOST_PARTS));
      for (long at = 0; at < bytes; at += size) {
        long first = at;
        int number = parts.size() + 1;
        parts.add(() -> sendPart(upload, number, file, first, Math.min(size, bytes - first)));
      }
      complete(upload, Parallel.run(AT_ONCE, parts), over);
      done = true;
    } finally {
      if (!done) {
        abortQuietly(upload);
      }
    }
  }

  HalfUpload begin(String name, String sha256) throws StoreException, InterruptedException {
    String id =
        calls.make(
            "begin to write " + name,
            () ->
                client
                    .createMultipartUpload(request ->
                        request
                            .bucket(location.bucket())
                            .key(location.key(name))
                            .contentType(TYPE)
                            .metadata(Map.of(SHA256, sha256))
                            .serverSideEncryption(encryption)
                            .ssekmsKeyId(encryptionKey))
                    .uploadId());
    return new HalfUpload(name, id);
  }

  private CompletedPart sendPart(HalfUpload upload, int number, Path file, long first, long bytes)
      throws StoreException, InterruptedException {
    String tag =
        calls.make(
            "write part %d of %s".formatted(number, upload.name()),
            () ->
                client
                    .uploadPart(
                        request ->
                            request
                                .bucket(location.bucket())
                                .key(location.key(upload.name()))
                                .uploadId(upload.id())
                                .partNumber(number)
                                .overrideConfiguration(it ->
                                    it.apiCallAttemptTimeout(settings.limits().sending(bytes))),
                        body(file, first, bytes))
                    .eTag());
    return CompletedPart.builder().partNumber(number).eTag(tag).build();
  }

  /** Does without {@code x-amz-mp-object-size}, which s3proxy refuses and others ignore. */
  private void complete(HalfUpload upload, List<CompletedPart> parts, boolean over)
      throws StoreException, InterruptedException {
    var _ =
        calls.make(
            "complete " + upload.name(),
            () ->
                client.completeMultipartUpload(request ->
                    request
                        .bucket(location.bucket())
                        .key(location.key(upload.name()))
                        .uploadId(upload.id())
                        .ifNoneMatch(condition(over))
                        .multipartUpload(it -> it.parts(parts))
                        // A store may put the parts together before it answers.
                        .overrideConfiguration(
                            it -> it.apiCallAttemptTimeout(settings.limits().patience()))));
  }

  /** Tries once. What stays is found by {@link #halfUploads} later. */
  private void abortQuietly(HalfUpload upload) {
    try {
      var _ =
          client.abortMultipartUpload(request ->
              request
                  .bucket(location.bucket())
                  .key(location.key(upload.name()))
                  .uploadId(upload.id()));
    } catch (RuntimeException e) {
      // The caller sees the failure that led here.
    }
  }

  /** The SDK reads it twice where the endpoint is plain http: once for its hash, once to send. */
  private static RequestBody body(Path file, long first, long bytes) {
    return RequestBody.fromContentProvider(FileRange.provider(file, first, bytes), bytes, TYPE);
  }

  /**
   * Reads an object into a file, several ranges at a time.
   *
   * @param bytes its size
   * @param target does not exist yet; the caller removes it if this fails
   * @throws MissingObjectException if there is no such object
   * @throws ChangedObjectException if it has another size
   */
  public void read(String name, long bytes, Path target) throws IOException, InterruptedException {
    try (FileChannel file =
        FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      List<Parallel.Task<Optional<Void>, StoreException>> ranges = new ArrayList<>();
      for (long at = 0; at < bytes; at += PART) {
        long first = at;
        ranges.add(() -> {
          readRange(name, bytes, first, Math.min(PART, bytes - first), file);
          return Optional.empty();
        });
      }
      var _ = Parallel.run(AT_ONCE, ranges);
    }
  }

  private void readRange(String name, long whole, long first, long bytes, FileChannel file)
      throws StoreException, InterruptedException {
    var _ =
        calls.make(
            "read " + name,
            () -> {
              try (InputStream in = open(name, whole, first, bytes)) {
                copy(in, file, first, bytes);
              }
              return true;
            });
  }

  private static void copy(InputStream in, FileChannel file, long first, long bytes)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    long at = first;
    while (at < first + bytes) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, first + bytes - at));
      if (n < 0) {
        throw new EOFException("it sent %d bytes too few".formatted(first + bytes - at));
      }
      ByteBuffer piece = ByteBuffer.wrap(buffer, 0, n);
      while (piece.hasRemaining()) {
        at += file.write(piece, at);
      }
    }
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
    for (long at = 0; at < bytes; at += PIECE) {
      long first = at;
      int length = (int) Math.min(PIECE, bytes - first);
      digest.update(
          calls.make(
              "read " + name,
              () -> {
                try (InputStream in = open(name, bytes, first, length)) {
                  byte[] piece = in.readNBytes(length);
                  if (piece.length < length) {
                    throw new EOFException("it sent too few bytes");
                  }
                  return piece;
                }
              }));
    }
    return Sha256.hex(digest);
  }

  /** Opens one range, guarded against a store that stalls or is too slow. */
  private InputStream open(String name, long whole, long first, long bytes) throws IOException {
    ResponseInputStream<GetObjectResponse> answer =
        client.getObject(request ->
            request
                .bucket(location.bucket())
                .key(location.key(name))
                .range("bytes=%d-%d".formatted(first, first + bytes - 1)));
    String range = Objects.requireNonNullElse(answer.response().contentRange(), "");
    if (!range.equals("bytes %d-%d/%d".formatted(first, first + bytes - 1, whole))) {
      answer.abort();
      throw new ChangedObjectException(
          "The object %s in the store %s does not have %d bytes: the store sent the range '%s'. Restore the object from a backup."
              .formatted(name, location, whole, range));
    }
    return new StallGuard(new Answer(answer, bytes), settings.limits().pace(bytes));
  }

  /** An answer whose connection is reused only if all of it was read. */
  private static final class Answer extends FilterInputStream {
    private final ResponseInputStream<?> answer;
    private long left;

    Answer(ResponseInputStream<?> answer, long bytes) {
      super(answer);
      this.answer = answer;
      this.left = bytes;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = answer.read(buffer, offset, length);
      left -= Math.max(0, n);
      return n;
    }

    @Override
    public void close() throws IOException {
      if (left > 0) {
        answer.abort();
      } else {
        answer.close();
      }
    }
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

  /** Returns all objects whose names begin so, in the order of their names. */
  public List<StoredObject> list(String beginning) throws IOException, InterruptedException {
    List<StoredObject> found = new ArrayList<>();
    @Nullable String next = null;
    do {
      String from = next;
      ListObjectsV2Response page =
          calls.make(
              "list its objects",
              () ->
                  client.listObjectsV2(request ->
                      request
                          .bucket(location.bucket())
                          .prefix(location.key(beginning))
                          .continuationToken(from)));
      page.contents()
          .forEach(object ->
              found.add(
                  new StoredObject(
                      location.name(object.key()),
                      object.size(),
                      Objects.requireNonNullElse(object.lastModified(), Instant.EPOCH),
                      Optional.empty())));
      next = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (next != null);
    return found;
  }

  /** Returns the unfinished multipart uploads whose names begin so. */
  public List<HalfUpload> halfUploads(String beginning) throws IOException, InterruptedException {
    List<HalfUpload> found = new ArrayList<>();
    @Nullable String key = null;
    @Nullable String id = null;
    boolean more = true;
    while (more) {
      String fromKey = key;
      String fromId = id;
      ListMultipartUploadsResponse page =
          calls.make(
              "list its unfinished uploads",
              () ->
                  client.listMultipartUploads(request ->
                      request
                          .bucket(location.bucket())
                          .prefix(location.key(beginning))
                          .keyMarker(fromKey)
                          .uploadIdMarker(fromId)));
      page.uploads()
          .forEach(
              upload -> found.add(new HalfUpload(location.name(upload.key()), upload.uploadId())));
      key = page.nextKeyMarker();
      id = page.nextUploadIdMarker();
      more = Boolean.TRUE.equals(page.isTruncated()) && key != null;
    }
    return found;
  }

  /** Aborts a multipart upload. Does nothing if there is none. */
  public void abort(HalfUpload upload) throws IOException, InterruptedException {
    try {
      var _ =
          calls.make(
              "remove an unfinished upload of " + upload.name(),
              () ->
                  client.abortMultipartUpload(request ->
                      request
                          .bucket(location.bucket())
                          .key(location.key(upload.name()))
                          .uploadId(upload.id())));
    } catch (MissingObjectException e) {
      // It was completed or aborted meanwhile.
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
