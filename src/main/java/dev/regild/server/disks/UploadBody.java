package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.DiskErrors;
import dev.regild.api.ErrorType;
import dev.regild.api.Payload;
import dev.regild.disk.UnfitDiskException;
import dev.regild.server.http.Requests;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;

/** The body of a request that sends a disk or some of it, and what can be wrong with it. */
final class UploadBody {
  private UploadBody() {}

  /** Takes a body. */
  @FunctionalInterface
  interface Reader<T> {
    T read(InputStream body) throws IOException, UnfitDiskException, InterruptedException;
  }

  /**
   * Hands out the body, whose end is an error if it does not have the SHA-256 that was signed.
   *
   * @throws ApiException if it has no body, or the reader fails
   */
  static <T> T read(ServerRequest request, Reader<T> reader) {
    if (!request.content().hasEntity()) {
      throw new ApiException(
          ErrorType.VALIDATION, "The request has no body; send the disk as the body.");
    }
    return DiskErrors.answering(() -> {
      try (InputStream content = request.content().inputStream()) {
        return reader.read(
            Payload.declaredSha256(Requests.call(request))
                .<InputStream>map(declared -> new Sha256CheckedStream(content, declared))
                .orElse(content));
      } catch (Sha256CheckedStream.MismatchException e) {
        throw new ApiException(ErrorType.INVALID_SIGNATURE, String.valueOf(e.getMessage()));
      }
    });
  }
}
