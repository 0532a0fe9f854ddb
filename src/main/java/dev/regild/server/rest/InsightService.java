package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.BillOfMaterials.Format;
import dev.regild.insight.BillSubject;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.AccountSlots.Slot;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Updates;
import dev.regild.update.planning.PlannedFixes;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;

/**
 * Shows what is in an image. {@code GET /regild/v1/images/NAME/sbom} returns its bill of materials;
 * {@code …/vulnerabilities} each CVE that the update which made it fixed, and each that an update
 * would fix now, with the evidence; {@code …/diff?with=OTHER} its differences from another image.
 */
public final class InsightService implements HttpService {
  private final Requests requests;
  private final Database database;
  private final Inventories inventories;
  private final Updates updates;
  private final PlannedFixes plannedFixes;
  private final AccountSlots slots;

  /** A hostile image can have 64 MiB of package texts, and documents several times as large. */
  private final Semaphore turn = new Semaphore(1, true);

  public InsightService(
      Requests requests,
      Database database,
      Inventories inventories,
      Updates updates,
      PlannedFixes plannedFixes,
      AccountSlots slots) {
    this.requests = requests;
    this.database = database;
    this.inventories = inventories;
    this.updates = updates;
    this.plannedFixes = plannedFixes;
    this.slots = slots;
  }

  /** Makes a document. */
  @FunctionalInterface
  private interface Making {
    byte[] make();
  }

  /** Makes one document at a time, but sends as many at a time as downloads may run. */
  private void send(ServerResponse response, Caller caller, String mediaType, Making making)
      throws InterruptedException {
    try (Slot _ = slots.take(caller)) {
      byte[] document;
      turn.acquire();
      try {
        document = making.make();
      } finally {
        turn.release();
      }
      response.header(HeaderNames.CONTENT_TYPE, mediaType).send(document);
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/sbom", this::bill);
    rules.get("/regild/v1/images/{name}/vulnerabilities", this::vulnerabilities);
    rules.get("/regild/v1/images/{name}/diff", this::difference);
  }

  private void bill(ServerRequest request, ServerResponse response) throws InterruptedException {
    RequestLog.operation("ShowBillOfMaterials");
    Caller caller = Requests.admitted(requests.caller(request), false);
    Format format = format(request.query().first("format").orElse("cyclonedx"));
    Examined image = examined(caller.owner(), request.path().pathParameters().get("name"));
    send(response, caller, format.mediaType(), () -> bill(image, format));
  }

  private byte[] bill(Examined image, Format format) {
    BillSubject subject =
        new BillSubject(
            image.image().name(),
            image.image().id(),
            image.image().arn(),
            image.image().created(),
            image.layer().map(Layer::sha256),
            inventories.load(image.disk().inventory()));
    return new BillOfMaterials(subject, image.system().notes()).json(format);
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

  /** An image that has a disk. */
  private record Examined(
      Image image, ImageDisk disk, PackageSystem system, Optional<Layer> layer) {}

  private Examined examined(Owner owner, String name) {
    return database.read(handle -> {
      Image image = Images.require(handle, owner, name);
      ImageDisk disk =
          image
              .disk()
              .orElseThrow(() ->
                  new RefusedException(
                      RefusedException.Reason.INCOMPATIBLE,
                      "The image %s has no disk yet.".formatted(name)));
      PackageSystem system =
          image
              .platform()
              .flatMap(PackageSystems.installed()::find)
              .orElseThrow(() ->
                  new RefusedException(
                      RefusedException.Reason.INCOMPATIBLE,
                      "The platform of the image %s is not known.".formatted(name)));
      return new Examined(image, disk, system, LayerRecords.find(handle, disk.layer()));
    });
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
    OwnAnswers.send(
        response,
        new VulnerabilitiesView(
            name, fixed.map(FixesView::whole), toFix.map(FixesView::whole), notCompared));
  }

  private void difference(ServerRequest request, ServerResponse response)
      throws InterruptedException {
    RequestLog.operation("CompareImages");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    String other =
        request
            .query()
            .first("with")
            .filter(each -> !each.isEmpty())
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.VALIDATION,
                    "The query parameter 'with' is missing. Name the image to compare with: ?with=NAME"));
    Examined first = examined(caller.owner(), name);
    Examined second = examined(caller.owner(), other);
    if (!first.system().equals(second.system())) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%s uses %s and %s uses %s. Compare images of one package system."
              .formatted(name, first.system().name(), other, second.system().name()));
    }
    send(
        response,
        caller,
        "application/json",
        () -> OwnAnswers.json().writeValueAsBytes(difference(first, second)));
  }

  private DifferenceView difference(Examined first, Examined second) {
    return DifferenceView.of(
        side(first),
        side(second),
        first.system().family(),
        database.read(handle -> fixesBetween(handle, first.image(), second.image())));
  }

  private DifferenceView.Side side(Examined each) {
    return new DifferenceView.Side(
        each.image(),
        inventories.load(each.disk().inventory()),
        each.layer().map(Layer::bytes).orElse(0L));
  }

  /**
   * Returns what the updates from the first image to the second fixed; empty if it is not known.
   */
  private static Optional<Fixes> fixesBetween(Handle handle, Image first, Image second) {
    List<SourceFixes> all = new ArrayList<>();
    Image next = second;
    for (int i = 0; i < ImagesService.LONGEST_LINEAGE && !next.id().equals(first.id()); i++) {
      Optional<Fixes> fixes = Changelogs.fixesOf(handle, next.id());
      Optional<Image> before =
          next.origin().predecessor().flatMap(each -> Images.findById(handle, each.id()));
      if (fixes.isEmpty() || before.isEmpty()) {
        return Optional.empty();
      }
      all.addAll(fixes.get().sources());
      next = before.get();
    }
    return next.id().equals(first.id()) ? Optional.of(new Fixes(all)) : Optional.empty();
  }
}
