package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Payload;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskQuotaException;
import dev.regild.disk.upload.UploadOffsetException;
import dev.regild.server.http.Requests;
import io.helidon.webserver.http.ServerRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The body of a request that sends a disk or some of it, and what can be wrong with it. */
final class UploadBody {
  private static final Logger LOG = LoggerFactory.getLogger(UploadBody.class);

  private UploadBody() {}

  /** Works on a disk. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException, UnfitDiskException, InterruptedException;
  }

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
    return answering(() -> {
      try (InputStream content = request.content().inputStream()) {
        return reader.read(
            Payload.declaredSha256(Requests.call(request))
                .<InputStream>map(declared -> new Sha256CheckedStream(content, declared))
                .orElse(content));
      }
    });
  }

  /** Says in the API's errors what went wrong. */
  static <T> T answering(Work<T> work) {
    try {
      return work.run();
    } catch (DiskQuotaException e) {
      throw new ApiException(ErrorType.LIMIT_EXCEEDED, String.valueOf(e.getMessage()));
    } catch (DisksBusyException e) {
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (UnfitDiskException e) {
      throw new ApiException(ErrorType.INCOMPATIBLE_IMAGE, String.valueOf(e.getMessage()));
    } catch (UploadOffsetException e) {
      throw new ApiException(ErrorType.CONCURRENT_MODIFICATION, String.valueOf(e.getMessage()));
    } catch (Sha256CheckedStream.MismatchException e) {
      throw new ApiException(ErrorType.INVALID_SIGNATURE, String.valueOf(e.getMessage()));
    } catch (EOFException e) {
      throw new ApiException(ErrorType.VALIDATION, "The disk is incomplete: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable(new InterruptedIOException("the server stops"));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static ApiException unavailable(IOException e) {
    LOG.atWarn().setCause(e).log("upload interrupted");
    return new ApiException(
        ErrorType.SERVICE_UNAVAILABLE, "Cannot store the disk: " + e.getMessage());
  }
}
