package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.BillOfMaterials.Format;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.insight.VexDocument;
import dev.regild.server.http.Documents;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Updates;
import dev.regild.update.fleet.ImageContent;
import dev.regild.update.planning.PlannedFixes;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Shows what is in an image. {@code GET /regild/v1/images/NAME/sbom} returns its bill of materials;
 * {@code …/vex} what the update that made it fixed, as OpenVEX; {@code …/vulnerabilities} each CVE
 * that the update which made it fixed, and each that an update would fix now, with the evidence.
 */
public record InsightService(
    Requests requests,
    Database database,
    Inventories inventories,
    Updates updates,
    PlannedFixes plannedFixes,
    PageTokens tokens,
    Documents documents)
    implements HttpService {

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/sbom", this::bill);
    rules.get("/regild/v1/images/{name}/vex", this::vex);
    rules.get("/regild/v1/images/{name}/vulnerabilities", this::vulnerabilities);
  }

  private void bill(ServerRequest request, ServerResponse response) throws InterruptedException {
    RequestLog.operation("ShowBillOfMaterials");
    Caller caller = Requests.admitted(requests.caller(request), false);
    Format format = format(request.query().first("format").orElse("cyclonedx"));
    ImageContent image =
        ImageContent.require(database, caller.owner(), request.path().pathParameters().get("name"));
    documents.send(response, caller, format.mediaType(), () -> bill(image, format));
  }

  private byte[] bill(ImageContent image, Format format) {
    return new BillOfMaterials(image.billSubject(inventories), image.system().notes()).json(format);
  }

  private void vex(ServerRequest request, ServerResponse response) throws InterruptedException {
    RequestLog.operation("ShowVex");
    Caller caller = Requests.admitted(requests.caller(request), false);
    ImageContent image =
        ImageContent.require(database, caller.owner(), request.path().pathParameters().get("name"));
    Fixes fixes =
        database
            .read(handle -> Changelogs.fixesOf(handle, image.image().id()))
            .orElseThrow(() ->
                new RefusedException(
                    RefusedException.Reason.NOT_FOUND,
                    "No update is recorded that made the image %s. Ask for an image that an update made."
                        .formatted(image.image().name())));
    VexDocument document =
        new VexDocument(image.billSubject(inventories), image.system().notes(), fixes);
    if (document.isEmpty()) {
      throw new RefusedException(
          RefusedException.Reason.NOT_FOUND,
          "The update that made the image %s is not known to fix a CVE, so there is no OpenVEX document. GET /regild/v1/images/%1$s/vulnerabilities shows what is unknown."
              .formatted(image.image().name()));
    }
    documents.send(response, caller, VexDocument.MEDIA_TYPE, document::json);
  }

  private static Format format(String name) {
    for (Format each : Format.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
        return each;
      }
    }
    throw new ApiException(
        ErrorType.VALIDATION,
        "The query parameter format is '%s'. It must be cyclonedx or spdx.".formatted(name));
  }

  private void vulnerabilities(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowVulnerabilities");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Optional<Fixes> fixed =
        database.read(handle -> {
          Image image = Images.require(handle, caller.owner(), name);
          return Changelogs.fixesOf(handle, image.id());
        });
    Optional<Fixes> toFix = Optional.empty();
    Optional<String> notCompared = Optional.empty();
    try {
      toFix = plannedFixes.find(caller.owner(), name, updates.plan(caller.owner(), name));
    } catch (RefusedException e) {
      notCompared = Optional.of(String.valueOf(e.getMessage()));
    }
    ListPart part =
        ListPart.of(request, tokens, List.of("vulnerabilities", caller.owner().toString(), name));
    OwnAnswers.send(response, VulnerabilitiesView.of(name, fixed, toFix, notCompared, part));
  }
}
