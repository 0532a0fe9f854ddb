package dev.regild.server;

import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Authentication;
import dev.regild.api.ImageServices;
import dev.regild.db.Database;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.UpdateRecords;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.Cancellations;
import dev.regild.update.DiskDeletions;
import io.helidon.webserver.http.HttpService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Everything that answers requests.
 *
 * @param authentication finds out who sends a request
 * @param images what the AppStream operations work with
 * @param updates what updates do and did
 * @param inventories what is installed in images
 * @param plans what an update of the owner's image would change
 * @param disks uploaded and exported disks
 * @param layerFiles the file of a layer, by its id
 * @param data the server's data directory
 * @param cancellations cancel updates and imports
 * @param metrics what is counted
 * @param audit who asked for what
 * @param events the streams of events
 * @param conversions images as disks, for downloads
 * @param downloads how many an account may have
 */
record Endpoints(
    Authentication authentication,
    ImageServices images,
    UpdateRecords updates,
    Inventories inventories,
    BiFunction<Owner, String, UpdatePlan> plans,
    UploadedDisks disks,
    Function<String, Path> layerFiles,
    Path data,
    Cancellations cancellations,
    Metrics metrics,
    AuditLog audit,
    EventStreams events,
    Conversions conversions,
    AccountSlots downloads) {

  /** However many probes and strangers ask. */
  private static final Duration READINESS_GOOD_FOR = Duration.ofSeconds(1);

  List<HttpService> services() {
    Requests requests = new Requests(authentication);
    Database database = images.database();
    return List.of(
        new AwsService(requests, AppStreamProtocol.serving(images)),
        new HealthService(
            new Readiness(ReadinessChecks.of(database, data, audit), READINESS_GOOD_FOR)),
        new MetricsService(metrics),
        new DisksService(
            requests,
            disks,
            new DiskDeletions(database, disks),
            downloads,
            database,
            images.quotas()),
        new UpdatesService(requests, images, new UpdateViews(database, updates), events),
        new ImagesService(requests, database, updates, inventories, cancellations),
        new ExportTasksService(requests, database, cancellations),
        new ExportService(requests, database, layerFiles, conversions, downloads),
        new PlanService(requests, plans));
  }
}
