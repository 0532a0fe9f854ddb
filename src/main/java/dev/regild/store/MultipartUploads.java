package dev.regild.store;

import dev.regild.store.ObjectStore.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;

/** The unfinished multipart uploads of a store: begun, sent in parts, completed or aborted. */
public final class MultipartUploads {
  private final StoreSettings settings;
  private final StoreLocation location;
  private final S3Client client;
  private final StoreCalls calls;

  MultipartUploads(StoreSettings settings, S3Client client, StoreCalls calls) {
    this.settings = settings;
    this.location = settings.location();
    this.client = client;
    this.calls = calls;
  }

  /**
   * Begins an upload, of which nothing is visible until it is complete.
   *
   * @param name the object's future name
   * @param sha256 of all of it, lower-case hexadecimal; empty if it is not known yet
   */
  public HalfUpload begin(String name, Optional<String> sha256)
      throws IOException, InterruptedException {
    String id =
        calls.make(
            "begin to write " + name,
            () ->
                client
                    .createMultipartUpload(request ->
                        request
                            .bucket(location.bucket())
                            .key(location.key(name))
                            .contentType(ObjectStore.TYPE)
                            .metadata(
                                sha256.map(it -> Map.of(ObjectStore.SHA256, it)).orElse(Map.of()))
                            .serverSideEncryption(settings.algorithm())
                            .ssekmsKeyId(settings.encryptionKey()))
                    .uploadId());
    return new HalfUpload(name, id);
  }

  /**
   * Sends a part of a file as a part of the upload.
   *
   * @param number from 1; a part that was sent under it before is replaced
   * @throws MissingObjectException if there is no such upload any more
   */
  public UploadedPart send(HalfUpload upload, int number, Path file, long first, long bytes)
      throws StoreException, IOException, InterruptedException {
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
                        FileRange.body(file, first, bytes))
                    .eTag());
    return new UploadedPart(number, tag, bytes);
  }

  /**
   * Makes the parts an object. Does without {@code x-amz-mp-object-size}, which s3proxy refuses and
   * others ignore.
   *
   * @param parts in the order of their numbers; a part that is not among them is dropped
   * @param over whether an object of that name is replaced
   * @throws TakenKeyException if it is not, and there is one
   * @throws MissingObjectException if there is no such upload any more
   */
  public void complete(HalfUpload upload, List<UploadedPart> parts, boolean over)
      throws IOException, InterruptedException {
    List<CompletedPart> completed =
        parts.stream()
            .map(part -> CompletedPart.builder().partNumber(part.number()).eTag(part.tag()).build())
            .toList();
    var _ =
        calls.make(
            "complete " + upload.name(),
            () ->
                client.completeMultipartUpload(request ->
                    request
                        .bucket(location.bucket())
                        .key(location.key(upload.name()))
                        .uploadId(upload.id())
                        .ifNoneMatch(ObjectStore.condition(over))
                        .multipartUpload(it -> it.parts(completed))
                        // A store may put the parts together before it answers.
                        .overrideConfiguration(
                            it -> it.apiCallAttemptTimeout(settings.limits().patience()))));
  }

  /** Tries once. What stays is found by {@link #list} later. */
  public void abortQuietly(HalfUpload upload) {
    try {
      abortOnce(upload);
    } catch (RuntimeException e) {
      // The caller sees the failure that led here.
    }
  }

  /** Aborts an upload. Does nothing if there is none. */
  public void abort(HalfUpload upload) throws IOException, InterruptedException {
    try {
      var _ =
          calls.make(
              "remove an unfinished upload of " + upload.name(),
              () -> {
                abortOnce(upload);
                return true;
              });
    } catch (MissingObjectException e) {
      // It was completed or aborted meanwhile.
    }
  }

  private void abortOnce(HalfUpload upload) {
    var _ =
        client.abortMultipartUpload(request ->
            request
                .bucket(location.bucket())
                .key(location.key(upload.name()))
                .uploadId(upload.id()));
  }

  /**
   * Lists the uploads whose names begin so, a page at a time.
   *
   * @param page gets each page
   */
  public void list(String beginning, Page<HalfUpload> page)
      throws IOException, InterruptedException {
    PagedList<HalfUpload, Marker> unfinished = from -> uploadsFrom(beginning, from);
    unfinished.each(calls, "list its unfinished uploads", page);
  }

  /** Where a page ends: an upload is known by its object's key and its own id. */
  private record Marker(String key, @Nullable String id) {}

  private PagedList.Answer<HalfUpload, Marker> uploadsFrom(
      String beginning, @Nullable Marker from) {
    ListMultipartUploadsResponse answer =
        client.listMultipartUploads(request ->
            request
                .bucket(location.bucket())
                .prefix(location.key(beginning))
                .keyMarker(from == null ? null : from.key())
                .uploadIdMarker(from == null ? null : from.id()));
    return PagedList.Answer.of(
        answer.uploads(),
        upload -> new HalfUpload(location.name(upload.key()), upload.uploadId()),
        Boolean.TRUE.equals(answer.isTruncated()) && answer.nextKeyMarker() != null
            ? new Marker(answer.nextKeyMarker(), answer.nextUploadIdMarker())
            : null);
  }
}
