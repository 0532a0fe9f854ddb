package dev.regild.api;

import dev.regild.disk.DisksBusyException;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskQuotaException;
import dev.regild.disk.upload.UploadOffsetException;
import java.io.EOFException;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the API's errors what went wrong with a disk that is being received. */
public final class DiskErrors {
  private static final Logger LOG = LoggerFactory.getLogger(DiskErrors.class);

  private DiskErrors() {}

  /** Works on a disk. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException, UnfitDiskException, InterruptedException;
  }

  /**
   * Runs work on a disk that a client sends.
   *
   * @throws ApiException what a client is told of the failure
   */
  public static <T> T answering(Work<T> work) {
    try {
      return work.run();
    } catch (DiskQuotaException e) {
      throw new ApiException(ErrorType.LIMIT_EXCEEDED, String.valueOf(e.getMessage()));
    } catch (DisksBusyException e) {
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (UploadOffsetException e) {
      throw new ApiException(ErrorType.CONCURRENT_MODIFICATION, String.valueOf(e.getMessage()));
    } catch (UnfitDiskException e) {
      throw new ApiException(ErrorType.INCOMPATIBLE_IMAGE, String.valueOf(e.getMessage()));
    } catch (EOFException e) {
      throw new ApiException(ErrorType.VALIDATION, "The disk is incomplete: " + e.getMessage());
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("upload interrupted");
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE, "Cannot store the disk: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE, "The server is stopping. Send the disk again later.");
    }
  }
}
