package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.MentionedResources;
import dev.regild.api.operation.AppStreamOperations;
import dev.regild.api.operation.ImageServices;
import dev.regild.disk.upload.DiskQuotaException;
import dev.regild.disk.upload.DiskStore;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /regild/v1/import-checks?bytes=N}: whether the call {@code CreateImportedImage},
 * which is the body, would be accepted once a disk of that size is uploaded. Nothing is written.
 */
public final class ImportChecksService implements HttpService {
  /** In the form of a disk's id; the call has no meaning without one. */
  private static final String NO_DISK = "ami-00000000000000000";

  private final Requests requests;
  private final AppStreamProtocol protocol;
  private final DiskStore disks;
  private final DiskQuotas quotas;

  public ImportChecksService(
      Requests requests, ImageServices services, DiskStore disks, DiskQuotas quotas) {
    this.requests = requests;
    this.protocol = AppStreamOperations.checkingImports(services);
    this.disks = disks;
    this.quotas = quotas;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post("/regild/v1/import-checks", this::check);
  }

  private void check(ServerRequest request, ServerResponse response) {
    RequestLog.operation("CheckImport");
    Requests.Received received = requests.received(request);
    Caller caller = received.caller();
    RequestLog.caller(caller);
    RequestLog.resources(request, MentionedResources.in(received.body()));
    long bytes = bytes(request);
    var _ =
        protocol.answer(
            caller,
            AppStreamProtocol.target("CreateImportedImage"),
            AppStreamProtocol.CONTENT_TYPE,
            withDisk(received.body()));
    requireRoom(caller.owner().accountId(), bytes);
    response.status(Status.NO_CONTENT_204).send();
  }

  private static long bytes(ServerRequest request) {
    String text = request.query().first("bytes").orElse("");
    if (!text.matches("\\d{1,18}")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The query parameter bytes is '%s', but must be the size of the disk's file, in bytes."
              .formatted(text));
    }
    return Long.parseLong(text);
  }

  /** What is no JSON object is left for the call itself to refuse. */
  private static byte[] withDisk(byte[] body) {
    try {
      JsonNode call = OwnAnswers.json().readTree(body);
      if (call instanceof ObjectNode object) {
        object.put("SourceAmiId", NO_DISK);
        return OwnAnswers.json().writeValueAsBytes(object);
      }
    } catch (JacksonException e) {
      // The same.
    }
    return body;
  }

  private void requireRoom(String account, long bytes) {
    try {
      disks.requireRoom(account, quotas.of(account), bytes);
    } catch (DiskQuotaException e) {
      throw new ApiException(ErrorType.LIMIT_EXCEEDED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE, "Cannot store the disk: " + e.getMessage());
    }
  }
}
