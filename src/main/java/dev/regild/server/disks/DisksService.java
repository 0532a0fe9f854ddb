package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.AccountSlots.Slot;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /regild/v1/disks}: uploads a disk, which is never held in memory, and lists, sends and
 * deletes the caller's own. The signature is checked before the body is read, and the body's
 * declared hash while it is read.
 */
public record DisksService(
    Requests requests,
    DiskStore disks,
    DiskDeletions deletions,
    AccountSlots downloads,
    DiskQuotas quotas)
    implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(DisksService.class);
  private static final String DISKS = "/regild/v1/disks";
  private static final String DISK = DISKS + "/{id}";

  /**
   * A disk.
   *
   * @param diskId for {@code SourceAmiId}
   * @param origin UPLOADED or EXPORTED
   * @param sha256 of the file, lower-case hexadecimal
   * @param packed what came, if the disk was unpacked from it
   */
  record DiskView(
      String diskId,
      String origin,
      String format,
      long bytes,
      String sha256,
      Instant received,
      Optional<UploadedDisk.Packed> packed) {
    static DiskView of(UploadedDisk disk) {
      return new DiskView(
          disk.id(),
          disk.origin().name(),
          disk.format().qemuName(),
          disk.bytes(),
          disk.sha256(),
          disk.received(),
          disk.packed());
    }
  }

  /** The caller's disks, the oldest first. */
  record Listing(List<DiskView> disks) {}

  @Override
  public void routing(HttpRules rules) {
    rules
        .post(DISKS, this::upload)
        .get(DISKS, this::list)
        .get(DISK, this::download)
        .head(DISK, this::download)
        .delete(DISK, this::delete);
  }

  private void upload(ServerRequest request, ServerResponse response) {
    RequestLog.operation("UploadDisk");
    Caller caller = Requests.admitted(requests.callerOfStream(request), true);
    UploadedDisk disk = receive(caller, request);
    RequestLog.resources(request, List.of(disk.id()));
    LOG.atInfo().addKeyValue("disk", disk.id()).log("disk uploaded");
    response.status(Status.CREATED_201);
    OwnAnswers.send(response, DiskView.of(disk));
  }

  private void list(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("ListDisks");
    Caller caller = Requests.admitted(requests.caller(request), false);
    OwnAnswers.send(
        response,
        new Listing(disks.list(caller.owner().accountId()).stream().map(DiskView::of).toList()));
  }

  private void download(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    RequestLog.operation("DownloadDisk");
    Caller caller = Requests.admitted(requests.caller(request), false);
    UploadedDisk disk = require(caller, request);
    try (Slot _ = downloads.take(caller)) {
      new DiskDownload(disk, disks).send(request, response);
    }
  }

  private void delete(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("DeleteDisk");
    Caller caller = Requests.admitted(requests.caller(request), true);
    UploadedDisk disk = require(caller, request);
    deletions.delete(disk);
    LOG.atInfo().addKeyValue("disk", disk.id()).log("disk deleted");
    response.status(Status.NO_CONTENT_204).send();
  }

  private UploadedDisk require(Caller caller, ServerRequest request) throws IOException {
    String id = request.path().pathParameters().get("id");
    RequestLog.resources(request, List.of(id));
    return disks
        .find(caller.owner().accountId(), id)
        .orElseThrow(() ->
            new ApiException(
                ErrorType.RESOURCE_NOT_FOUND,
                "There is no disk %s of account %s.".formatted(id, caller.owner().accountId())));
  }

  private UploadedDisk receive(Caller caller, ServerRequest request) {
    String account = caller.owner().accountId();
    return UploadBody.read(
        request,
        body ->
            disks.receive(account, quotas.of(account), body, request.headers().contentLength()));
  }
}
