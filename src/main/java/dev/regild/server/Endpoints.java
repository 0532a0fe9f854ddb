package dev.regild.server;

import dev.regild.account.SigningKeys;
import dev.regild.api.Operators;
import dev.regild.api.operation.AppStreamOperations;
import dev.regild.api.operation.ImageServices;
import dev.regild.console.Console;
import dev.regild.db.Database;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.ResumableUploads;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.image.Inventories;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.job.node.Nodes;
import dev.regild.server.disks.Conversions;
import dev.regild.server.disks.DiskQuotas;
import dev.regild.server.disks.DisksService;
import dev.regild.server.disks.ExportService;
import dev.regild.server.disks.ImportChecksService;
import dev.regild.server.disks.UploadsService;
import dev.regild.server.health.HealthService;
import dev.regild.server.health.MetricsService;
import dev.regild.server.health.Readiness;
import dev.regild.server.health.ReadinessChecks;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.Documents;
import dev.regild.server.http.Requests;
import dev.regild.server.rest.AliasService;
import dev.regild.server.rest.DifferenceService;
import dev.regild.server.rest.EventStreams;
import dev.regild.server.rest.ExportTasksService;
import dev.regild.server.rest.FlattenService;
import dev.regild.server.rest.ImagesService;
import dev.regild.server.rest.InsightService;
import dev.regild.server.rest.NodesService;
import dev.regild.server.rest.NoticeService;
import dev.regild.server.rest.PlanService;
import dev.regild.server.rest.Policies;
import dev.regild.server.rest.PolicyService;
import dev.regild.server.rest.ProvenanceService;
import dev.regild.server.rest.RetentionService;
import dev.regild.server.rest.RevocationService;
import dev.regild.server.rest.RingsService;
import dev.regild.server.rest.ScheduleService;
import dev.regild.server.rest.SearchService;
import dev.regild.server.rest.StatusService;
import dev.regild.server.rest.UpdateViews;
import dev.regild.server.rest.UpdatesService;
import dev.regild.server.rest.VendorCvesService;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import dev.regild.update.Attestations;
import dev.regild.update.ImageFlattenings;
import dev.regild.update.fleet.Differences;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotOffers;
import io.helidon.webserver.http.HttpService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Everything that answers requests.
 *
 * @param requests finds out who sends a request
 * @param images what the AppStream operations work with
 * @param updates what updates do and did
 * @param inventories what is installed in images
 * @param plannedFixes finds what updates would fix
 * @param search finds images by what is in them
 * @param differences compares images
 * @param snapshotOffers finds earlier snapshots
 * @param disks uploaded and exported disks
 * @param uploads that become disks
 * @param layers the store of the images' layers
 * @param data the server's data directory
 * @param flattenings have images stand on one layer
 * @param feeds what vendors say about CVEs
 * @param supportFiles say until when releases and packages are supported
 * @param signingKeys verify statements
 * @param attestations signs statements
 * @param metrics what is counted
 * @param audit who asked for what
 * @param events the streams of events
 * @param conversions images as disks, for downloads
 * @param downloads how many an account may have
 * @param nodes that share the database
 * @param operators who may drain them
 * @param policies what the registry does by itself
 * @param fleet rings, retention and revocation
 * @param console the pages for people
 */
record Endpoints(
    Requests requests,
    ImageServices images,
    UpdateRecords updates,
    Inventories inventories,
    PlannedFixes plannedFixes,
    FleetSearch search,
    Differences differences,
    SnapshotOffers snapshotOffers,
    DiskStore disks,
    ResumableUploads uploads,
    LayerStore layers,
    Path data,
    ImageFlattenings flattenings,
    FeedStore feeds,
    SupportFiles supportFiles,
    SigningKeys signingKeys,
    Attestations attestations,
    Metrics metrics,
    AuditLog audit,
    EventStreams events,
    Conversions conversions,
    AccountSlots downloads,
    Documents documents,
    Nodes nodes,
    Operators operators,
    Policies policies,
    FleetPolicies fleet,
    Console console) {

  /** However many probes and strangers ask. */
  private static final Duration READINESS_GOOD_FOR = Duration.ofSeconds(1);

  List<HttpService> services() {
    Database database = images.database();
    DiskQuotas diskQuotas = new DiskQuotas(database, images.quotas());
    return List.of(
        new AwsService(requests, AppStreamOperations.serving(images)),
        health(),
        new MetricsService(metrics),
        new DisksService(
            requests, disks, new DiskDeletions(database, disks), downloads, diskQuotas),
        new UploadsService(requests, disks, uploads, diskQuotas),
        new ImportChecksService(requests, images, disks, diskQuotas),
        new UpdatesService(requests, images, new UpdateViews(database, updates, nodes), events),
        new ImagesService(
            requests,
            database,
            updates,
            inventories,
            supportFiles,
            images.cancellations(),
            flattenings,
            nodes),
        new FlattenService(requests, database, flattenings, nodes),
        new ExportTasksService(requests, database, images.cancellations(), nodes),
        new NodesService(requests, nodes, operators),
        new RingsService(
            requests, operators, fleet.rings(), fleet.promotions(), fleet.promotionPreviews()),
        new RetentionService(requests, fleet.retentions(), images.pageTokens()),
        new RevocationService(requests, fleet.revocations()),
        new ExportService(requests, database, layers, conversions, downloads, attestations),
        new PlanService(requests, images.updates(), plannedFixes),
        new InsightService(
            requests,
            database,
            inventories,
            images.updates(),
            plannedFixes,
            images.pageTokens(),
            documents),
        new DifferenceService(
            requests,
            database,
            inventories,
            feeds,
            differences,
            snapshotOffers,
            images.pageTokens(),
            documents),
        new SearchService(requests, search, images.pageTokens()),
        new ProvenanceService(requests, database, signingKeys, layers, downloads),
        new StatusService(requests, database, images.clock()),
        new AliasService(requests, database, images.clock()),
        new ScheduleService(requests, database, policies, images.clock()),
        new NoticeService(requests, database, policies, images.clock()),
        new PolicyService(requests, policies),
        new VendorCvesService(requests, database, inventories, feeds),
        console);
  }

  /** What a worker answers. */
  List<HttpService> ofWorker() {
    return List.of(health(), new MetricsService(metrics));
  }

  private HealthService health() {
    return new HealthService(
        new Readiness(ReadinessChecks.of(images.database(), data, audit), READINESS_GOOD_FOR));
  }
}
