package dev.regild.server.disks;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.disk.upload.BorrowedDisk;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.server.http.Download;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * Sends a disk, or one range of it, so that a download that broke off can go on. A disk never
 * changes: its SHA-256 is its entity tag.
 */
record DiskDownload(UploadedDisk disk, DiskStore disks) {
  /** What the client is waited for at a time. */
  private static final int BUFFER = 64 << 10;

  /** Answers a GET, or a HEAD, which has all the headers of the whole disk and no body. */
  void send(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    boolean head = request.prologue().method().equals(Method.HEAD);
    Optional<String> range = head ? Optional.empty() : rangeHeader(request);
    Optional<ByteRange> wanted =
        range
            .map(header -> ByteRange.of(header, disk.bytes()))
            .orElse(Optional.of(ByteRange.whole(disk.bytes())));
    response.header(HeaderNames.ACCEPT_RANGES, "bytes").header(HeaderNames.ETAG, tag());
    if (wanted.isEmpty()) {
      refuse(response);
      return;
    }
    ByteRange part = wanted.get();
    response
        .header(HeaderNames.CONTENT_TYPE, "application/octet-stream")
        .header(
            HeaderNames.CONTENT_DISPOSITION,
            "attachment; filename=\"%s.%s\"".formatted(disk.id(), disk.format().qemuName()))
        .header(HeaderNames.CONTENT_LENGTH, Long.toString(part.bytes()));
    if (head) {
      response.send();
      return;
    }
    if (!part.equals(ByteRange.whole(disk.bytes()))) {
      response
          .status(Status.PARTIAL_CONTENT_206)
          .header(HeaderNames.CONTENT_RANGE, part.contentRange(disk.bytes()));
    }
    copy(part, response);
  }

  /** RFC 9110, section 13.1.5: with If-Range of another tag, the range is not asked for. */
  private Optional<String> rangeHeader(ServerRequest request) {
    boolean same = request.headers().first(HeaderNames.IF_RANGE).map(tag()::equals).orElse(true);
    return same ? request.headers().first(HeaderNames.RANGE) : Optional.empty();
  }

  private String tag() {
    return "\"" + disk.sha256() + "\"";
  }

  private void refuse(ServerResponse response) {
    ApiException error =
        new ApiException(
            ErrorType.INVALID_RANGE,
            "No byte of the disk %s is in the range; it has %d bytes."
                .formatted(disk.id(), disk.bytes()));
    response
        .status(Status.create(error.type().status()))
        .header(HeaderNames.CONTENT_RANGE, "bytes */" + disk.bytes())
        .header(RequestLog.ERROR_TYPE, error.type().wireName())
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(new ApiErrors().ownBody(error));
  }

  private void copy(ByteRange part, ServerResponse response)
      throws IOException, InterruptedException {
    try (BorrowedDisk borrowed = disks.borrow(disk);
        FileChannel channel = FileChannel.open(borrowed.file())) {
      Download.send(response, out -> copy(channel, part, out));
    }
  }

  private void copy(FileChannel channel, ByteRange part, OutputStream out) throws IOException {
    channel.position(part.first());
    long left = part.bytes();
    var in = Channels.newInputStream(channel);
    byte[] buffer = new byte[BUFFER];
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        throw new IOException("the disk %s is shorter than its record says".formatted(disk.id()));
      }
      out.write(buffer, 0, n);
      left -= n;
    }
  }
}
