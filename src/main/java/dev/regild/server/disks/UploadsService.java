package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.DiskErrors;
import dev.regild.api.ErrorType;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.ResumableUploads;
import dev.regild.disk.upload.Upload;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /regild/v1/uploads}: disks that come in several requests, with a store each to any node.
 * An upload's id is that of the disk that it becomes.
 */
public record UploadsService(
    Requests requests, DiskStore disks, ResumableUploads uploads, DiskQuotas quotas)
    implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(UploadsService.class);
  private static final String UPLOADS = "/regild/v1/uploads";
  private static final String UPLOAD = UPLOADS + "/{id}";
  private static final HeaderName OFFSET = HeaderNames.create("Upload-Offset");
  private static final HeaderName LENGTH = HeaderNames.create("Upload-Length");

  /**
   * An upload.
   *
   * @param diskId of the disk that it becomes
   * @param bytes the size that was declared
   * @param received where the next bytes belong
   */
  record UploadView(String diskId, long bytes, long received, Instant begun) {
    static UploadView of(Upload upload) {
      return new UploadView(
          upload.id(),
          upload.declared().orElse(upload.received()),
          upload.received(),
          upload.begun());
    }
  }

  /** The caller's uploads, the oldest first. */
  record Listing(List<UploadView> uploads) {}

  @Override
  public void routing(HttpRules rules) {
    rules
        .post(UPLOADS, this::begin)
        .get(UPLOADS, this::list)
        .get(UPLOAD, this::show)
        .head(UPLOAD, this::show)
        .patch(UPLOAD, this::append)
        .delete(UPLOAD, this::discard);
  }

  private void begin(ServerRequest request, ServerResponse response) {
    RequestLog.operation("BeginUpload");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String account = caller.owner().accountId();
    long bytes = number(request, "bytes");
    Upload upload =
        DiskErrors.answering(
            () -> uploads.begin(account, quotas.of(account), OptionalLong.of(bytes)));
    RequestLog.resources(request, List.of(upload.id()));
    response.status(Status.CREATED_201).header(HeaderNames.LOCATION, UPLOADS + "/" + upload.id());
    OwnAnswers.send(response, UploadView.of(upload));
  }

  private void list(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("ListUploads");
    Caller caller = Requests.admitted(requests.caller(request), false);
    OwnAnswers.send(
        response,
        new Listing(
            uploads.list(caller.owner().accountId()).stream().map(UploadView::of).toList()));
  }

  private void show(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("DescribeUpload");
    Caller caller = Requests.admitted(requests.caller(request), false);
    Upload upload = require(caller, request);
    say(response, upload);
    OwnAnswers.send(response, UploadView.of(upload));
  }

  /** The answer of an upload that is complete is the disk. */
  private void append(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("AppendToUpload");
    Caller caller = Requests.admitted(requests.callerOfStream(request), true);
    String account = caller.owner().accountId();
    Optional<UploadedDisk> made = disks.find(account, id(request));
    if (made.isPresent()) {
      // An earlier request completed it, and its answer was lost.
      OwnAnswers.send(response, DisksService.DiskView.of(made.get()));
      return;
    }
    Upload upload = require(caller, request);
    long offset = number(request, "offset");
    Upload now = request.content().hasEntity() ? appended(upload, offset, request) : upload;
    if (now.received() < now.declared().orElse(now.received())) {
      say(response, now);
      OwnAnswers.send(response, UploadView.of(now));
      return;
    }
    UploadedDisk disk = DiskErrors.answering(() -> uploads.finish(now, quotas.of(account)));
    LOG.atInfo().addKeyValue("disk", disk.id()).log("disk uploaded");
    response.status(Status.CREATED_201);
    OwnAnswers.send(response, DisksService.DiskView.of(disk));
  }

  private Upload appended(Upload upload, long offset, ServerRequest request) {
    return UploadBody.read(request, body -> append(upload, offset, body));
  }

  private Upload append(Upload upload, long offset, InputStream body)
      throws IOException, UnfitDiskException, InterruptedException {
    try {
      return uploads.append(upload, offset, body, quotas.of(upload.account()));
    } catch (Sha256CheckedStream.MismatchException e) {
      // Some of these bytes are in the store, and nobody knows which of them are wrong.
      uploads.discard(upload);
      throw e;
    }
  }

  private void discard(ServerRequest request, ServerResponse response) throws IOException {
    RequestLog.operation("DiscardUpload");
    Caller caller = Requests.admitted(requests.caller(request), true);
    Upload upload = require(caller, request);
    var _ =
        DiskErrors.answering(() -> {
          uploads.discard(upload);
          return true;
        });
    response.status(Status.NO_CONTENT_204).send();
  }

  private static void say(ServerResponse response, Upload upload) {
    response.header(OFFSET, Long.toString(upload.received()));
    upload.declared().ifPresent(bytes -> response.header(LENGTH, Long.toString(bytes)));
  }

  private static String id(ServerRequest request) {
    String id = request.path().pathParameters().get("id");
    RequestLog.resources(request, List.of(id));
    return id;
  }

  private Upload require(Caller caller, ServerRequest request) throws IOException {
    String id = id(request);
    return uploads
        .find(caller.owner().accountId(), id)
        .orElseThrow(() ->
            new ApiException(
                ErrorType.RESOURCE_NOT_FOUND,
                "There is no upload %s of account %s. Begin another."
                    .formatted(id, caller.owner().accountId())));
  }

  private static long number(ServerRequest request, String name) {
    String text = request.query().first(name).orElse("");
    if (!text.matches("\\d{1,18}")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%s must be a number of bytes, such as /regild/v1/uploads?bytes=1048576".formatted(name));
    }
    return Long.parseLong(text);
  }
}
