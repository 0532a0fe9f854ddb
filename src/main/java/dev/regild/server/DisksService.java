package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.Payload;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.UploadedDisk;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /regild/v1/disks}: uploads a disk, which is never held in memory. The signature is
 * checked before the body is read, and the body's declared hash while it is read.
 */
final class DisksService implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(DisksService.class);

  private final Requests requests;
  private final DiskReceiver receiver;

  DisksService(Requests requests, DiskReceiver receiver) {
    this.requests = requests;
    this.receiver = receiver;
  }

  /** Where uploaded disks go. */
  @FunctionalInterface
  interface DiskReceiver {
    /**
     * Reads a disk to its end and keeps it; where it fails, nothing of it stays.
     *
     * @return the disk with its id, in the form of an AMI's
     * @throws UnfitDiskException if it can't be made an image
     */
    UploadedDisk receive(InputStream content, OptionalLong declaredLength)
        throws IOException, InterruptedException, UnfitDiskException;
  }

  /**
   * The answer.
   *
   * @param diskId for {@code SourceAmiId}
   * @param sha256 of what came, lower-case hexadecimal
   */
  record Uploaded(String diskId, String format, long bytes, String sha256) {
    static Uploaded of(UploadedDisk disk) {
      return new Uploaded(disk.id(), disk.format().qemuName(), disk.bytes(), disk.sha256());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post("/regild/v1/disks", this::upload);
  }

  private void upload(ServerRequest request, ServerResponse response) {
    RequestLog.operation("UploadDisk");
    Caller caller = requests.callerOfStream(request);
    RequestLog.caller(caller);
    caller.requireActiveAccount(ErrorType.INVALID_ACCOUNT_STATUS);
    caller.requirePermission(true);
    if (!request.content().hasEntity()) {
      throw new ApiException(
          ErrorType.VALIDATION, "The request has no body; send the disk as the body.");
    }
    UploadedDisk disk = receive(request);
    RequestLog.resources(request, List.of(disk.id()));
    LOG.atInfo().addKeyValue("disk", disk.id()).log("disk uploaded");
    response.status(Status.CREATED_201);
    OwnAnswers.send(response, Uploaded.of(disk));
  }

  private UploadedDisk receive(ServerRequest request) {
    try (InputStream content = request.content().inputStream()) {
      InputStream checked =
          Payload.declaredSha256(Requests.call(request))
              .<InputStream>map(declared -> new Sha256CheckedStream(content, declared))
              .orElse(content);
      return receiver.receive(checked, request.headers().contentLength());
    } catch (UnfitDiskException e) {
      throw new ApiException(ErrorType.INCOMPATIBLE_IMAGE, String.valueOf(e.getMessage()));
    } catch (Sha256CheckedStream.MismatchException e) {
      throw new ApiException(ErrorType.INVALID_SIGNATURE, String.valueOf(e.getMessage()));
    } catch (EOFException e) {
      throw new ApiException(ErrorType.VALIDATION, "The disk is not whole: " + e.getMessage());
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("upload broken off");
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE, "The disk can't be kept: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is stopping.");
    }
  }
}
