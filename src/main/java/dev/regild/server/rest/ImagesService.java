package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.feed.ReleaseSupport.Unsupported;
import dev.regild.feed.SupportFiles;
import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.Predecessor;
import dev.regild.image.RevokedImages;
import dev.regild.image.TagRecords;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.insight.Changelogs;
import dev.regild.insight.provenance.Statements;
import dev.regild.inventory.Inventory;
import dev.regild.job.node.Nodes;
import dev.regild.machine.BootEvidence;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.retention.RetentionRecords;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Cancellations;
import dev.regild.update.ImageFlattenings;
import dev.regild.update.verdict.ImageStatus;
import dev.regild.update.verdict.Verdicts;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * {@code GET /regild/v1/images/NAME}: an image with its lineage; {@code
 * /regild/v1/images/NAME/job}: how the job stands that makes it; {@code …/screen}: its screen at
 * the end of its boot; {@code POST /regild/v1/images/NAME/cancel}: cancels that job.
 */
public record ImagesService(
    Requests requests,
    Database database,
    UpdateRecords updates,
    Inventories inventories,
    SupportFiles supportFiles,
    Cancellations cancellations,
    ImageFlattenings flattenings,
    Nodes nodes)
    implements HttpService {
  /** As many as are shown; an image that is updated daily gets there in three years. */
  static final int LONGEST_LINEAGE = 1000;

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}", this::show);
    rules.get("/regild/v1/images/{name}/job", this::showJob);
    rules.get("/regild/v1/images/{name}/screen", this::showScreen);
    rules.post("/regild/v1/images/{name}/cancel", this::cancel);
  }

  private void cancel(ServerRequest request, ServerResponse response) {
    RequestLog.operation("CancelImage");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    // What is being flattened is AVAILABLE, and stays so.
    boolean flattening = flattenings.cancel(caller.owner(), name);
    if (!flattening) {
      cancellations.cancel(caller.owner(), name);
    }
    ImageState state = flattening ? ImageState.AVAILABLE : ImageState.FAILED;
    OwnAnswers.send(response, Map.of("image", name, "state", state));
  }

  private void showJob(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowJob");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    OwnAnswers.send(
        response,
        database.read(
            handle -> JobView.of(handle, nodes, Images.require(handle, caller.owner(), name))));
  }

  /** A guest has drawn it, so a browser must take it for nothing but a picture. */
  private void showScreen(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowScreen");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    byte[] screen =
        database.read(handle ->
            BootRecords.find(handle, Images.requireOwned(handle, caller.owner(), name).id())
                .flatMap(BootEvidence::screen)
                .orElseThrow(() ->
                    new ApiException(
                        ErrorType.RESOURCE_NOT_FOUND,
                        "The image %s has no picture of its screen. An image that is updated or validated now gets one."
                            .formatted(name))));
    response
        .header(HeaderNames.CONTENT_TYPE, "image/png")
        .header("X-Content-Type-Options", "nosniff")
        .header("Content-Security-Policy", "default-src 'none'; sandbox")
        .header(HeaderNames.CACHE_CONTROL, "no-store")
        .send(screen);
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowImage");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Map<String, Object> facts =
        facts(database.read(handle -> Images.require(handle, caller.owner(), name)));
    OwnAnswers.send(response, database.read(handle -> view(handle, caller.owner(), name, facts)));
  }

  /** Only a system that shows some has the inventory read for it. */
  private Map<String, Object> facts(Image image) {
    return image
        .disk()
        .flatMap(disk ->
            image
                .platform()
                .flatMap(PackageSystems.installed()::find)
                .map(system -> system.imageFacts(() -> inventories.load(disk.inventory()))))
        .orElse(Map.of());
  }

  private ImageView view(Handle handle, Owner owner, String name, Map<String, Object> facts) {
    Image image = Images.require(handle, owner, name);
    List<Layer> chain =
        image.disk().map(disk -> LayerRecords.chain(handle, disk.layer())).orElse(List.of());
    Optional<Inventory> inventory = inventory(handle, image);
    return ImageView.of(
        image,
        RevokedImages.find(handle, image),
        RetentionRecords.deprecatedSince(handle, image.id()),
        chain,
        BootRecords.find(handle, image.id()),
        facts,
        ImportRecords.find(handle, image.id()),
        TagRecords.list(handle, image.arn()),
        inventory.map(ImageView.InventoryView::of),
        Statements.count(handle, image.id()),
        Changelogs.fixesOf(handle, image.id()).map(FixesView::folded),
        status(handle, image),
        inventory.flatMap(this::unsupported),
        lineage(handle, image),
        Images.children(handle, image).stream().map(Image::name).toList());
  }

  /** A damaged one is told by whoever needs it; the image is shown all the same. */
  private Optional<Inventory> inventory(Handle handle, Image image) {
    try {
      return image.disk().map(disk -> inventories.load(handle, disk.inventory()));
    } catch (IllegalStateException e) {
      return Optional.empty();
    }
  }

  private Optional<List<Unsupported>> unsupported(Inventory inventory) {
    return supportFiles
        .of(inventory.os().platform())
        .unsupported(
            inventory.packages().stream().map(InstalledPackage::sourceName).toList(),
            database.clock().instant());
  }

  private Optional<StatusView> status(Handle handle, Image image) {
    return image
        .disk()
        .map(_ ->
            StatusView.of(
                new ImageStatus(
                    image.name(),
                    image.platform().orElse(""),
                    image.created(),
                    Verdicts.find(handle, image)),
                database.clock().instant()));
  }

  private List<ImageView.Ancestor> lineage(Handle handle, Image image) {
    List<ImageView.Ancestor> lineage = new ArrayList<>();
    Optional<Image> next = Optional.of(image);
    while (next.isPresent() && lineage.size() < LONGEST_LINEAGE) {
      Image current = next.get();
      lineage.add(ancestor(handle, current));
      Optional<Predecessor> predecessor = current.origin().predecessor();
      next =
          predecessor
              .flatMap(p -> Images.findById(handle, p.id()))
              .filter(before -> !before.owner().isOfDeleted());
      if (next.isEmpty()) {
        predecessor.ifPresent(gone ->
            lineage.add(
                new ImageView.Ancestor(
                    gone.name(),
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    List.of())));
      }
    }
    return lineage;
  }

  private ImageView.Ancestor ancestor(Handle handle, Image image) {
    UpdatePlan plan =
        updates
            .findById(handle, image.id())
            .map(UpdateRecord::plan)
            .orElse(new UpdatePlan(List.of()));
    Optional<Long> bytes =
        image
            .disk()
            .map(ImageDisk::layer)
            .flatMap(id -> LayerRecords.find(handle, id))
            .map(Layer::bytes);
    return new ImageView.Ancestor(
        image.name(),
        true,
        Optional.of(image.created()),
        bytes,
        plan.changes(),
        plan.keptBack(),
        plan.others());
  }
}
