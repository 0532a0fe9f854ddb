package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.People;
import dev.regild.account.SigningKeys;
import dev.regild.api.Authentication;
import dev.regild.api.Operators;
import dev.regild.api.PageTokens;
import dev.regild.api.SigV4;
import dev.regild.api.operation.ImageServices;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.ring.RingRecords;
import dev.regild.console.Console;
import dev.regild.console.ConsoleServices;
import dev.regild.console.Csrf;
import dev.regild.console.HostChecks;
import dev.regild.console.openid.OpenIdProvider;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.console.session.Sessions;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.Workspaces;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.disk.upload.FileUploads;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.disk.upload.UploadedDisks;
import dev.regild.feed.FeedChangelogs;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.files.FileTree;
import dev.regild.fixtures.IdleJob;
import dev.regild.fixtures.Leases;
import dev.regild.fixtures.MemoryDirectory;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.JobSteps;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.JobObserver;
import dev.regild.job.RunningJobs;
import dev.regild.job.SteppedJob;
import dev.regild.job.node.Node;
import dev.regild.job.node.Nodes;
import dev.regild.job.node.Routing;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.ProgramException;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.notice.Addresses;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.schedule.PlannedForecasts;
import dev.regild.policy.schedule.Scheduler;
import dev.regild.policy.schedule.Schedules;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.disks.Conversions;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.ConsoleGuard;
import dev.regild.server.http.Documents;
import dev.regild.server.http.HttpFront;
import dev.regild.server.http.Requests;
import dev.regild.server.rest.EventStreams;
import dev.regild.server.rest.Policies;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.AuditTrail;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.tls.ServerTls;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Isolation;
import dev.regild.servicing.QualificationBoot;
import dev.regild.update.Attestations;
import dev.regild.update.Cancellations;
import dev.regild.update.CopyJob;
import dev.regild.update.ExportJob;
import dev.regild.update.FlattenJob;
import dev.regild.update.ImageCopies;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageExports;
import dev.regild.update.ImageFlattenings;
import dev.regild.update.ImageImports;
import dev.regild.update.ImportJob;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import dev.regild.update.fleet.Differences;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.fleet.PackageMatcher;
import dev.regild.update.planning.AgentVersions;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.SnapshotOffers;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.steps.CompleteInventory;
import dev.regild.update.steps.Platforms;
import dev.regild.update.steps.UpdateOutcomes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.appstream.AppStreamClient;

/**
 * A server on a free port with a real registry; updates are accepted and written down, but nobody
 * works on them.
 */
public final class ServerFixture implements AutoCloseable {
  static final UpdatePlan PLAN =
      new UpdatePlan(
          List.of(new Change(ChangeKind.OS, "openssl", "amd64", "3.0.11-1", "3.0.17-1~deb12u2")));

  /** A small disk of the account, with nothing on it; it stays when it was imported. */
  static final String DISK = "ami-0123456789abcdef0";

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  final Path data;
  final Database database;
  public final Account account;
  public final AccessKey key;
  final AccessKey readOnlyKey;
  final Accounts accounts;
  final SigningKeys signingKeys;
  final Quotas quotas = new Quotas(new QuotaLimits(Map.of()));
  final UpdateRecords updates = new UpdateRecords(Clock.systemUTC());
  final JobSteps steps = new JobSteps(Clock.systemUTC());
  final RunningJobs running = new RunningJobs();
  private final DiskCheck check = new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES);
  final UploadedDisks disks;
  final FileUploads uploads;
  private volatile Function<UpdateRequest, UpdateAnswer> updating = this::update;
  private final HttpClient http = HttpClient.newHttpClient();
  final Sessions sessions;
  final Policies policies;
  final FleetPolicies fleet;
  private final Console console;
  private final EventStreams events;
  private final Conversions conversions;
  final Metrics metrics = new Metrics();

  /** The nodes that the server shows; a test may replace them. */
  volatile Nodes shownNodes = new NoNodes();

  private final Nodes nodes =
      new Nodes() {
        @Override
        public List<Node> list() {
          return shownNodes.list();
        }

        @Override
        public boolean setDraining(String name, boolean draining) {
          return shownNodes.setDraining(name, draining);
        }

        @Override
        public Optional<String> waiting(Handle handle, String job) {
          return shownNodes.waiting(handle, job);
        }
      };
  private final AuditLog audit;
  private final Endpoints endpoints;
  private final Config.Http limits;
  private final RoomReservations room;
  private HttpFront front;
  private Optional<ServerTls> tls = Optional.empty();

  public ServerFixture(Path data) throws Exception {
    this(data, Config.Http.DEFAULT, new RoomReservations());
  }

  /** With other limits for clients, and a room of its own for exports. */
  public ServerFixture(Path data, Config.Http limits, RoomReservations room) throws Exception {
    this(data, limits, room, 0, _ -> Optional.empty());
  }

  /**
   * With people who log in with OpenID Connect.
   *
   * @param port where it listens; 0 for any free one
   * @param openId how they do, by the id of the account
   */
  public ServerFixture(Path data, int port, Function<String, Optional<OpenIdSettings>> openId)
      throws Exception {
    this(data, Config.Http.DEFAULT, new RoomReservations(), port, openId);
  }

  private ServerFixture(
      Path data,
      Config.Http limits,
      RoomReservations room,
      int port,
      Function<String, Optional<OpenIdSettings>> people)
      throws Exception {
    this.data = data;
    this.room = room;
    database = TestDatabases.open(data.resolve("regild.db"));
    MasterKey masterKey = MasterKey.load(data.resolve("master.key"), Optional.empty());
    accounts = new Accounts(database, masterKey, Clock.systemUTC());
    signingKeys = new SigningKeys(database, masterKey, Clock.systemUTC());
    var _ = signingKeys.firstStart();
    account = accounts.create("default");
    Optional<OpenIdSettings> openId = people.apply(account.id());
    key = accounts.createKey(account, false);
    readOnlyKey = accounts.createKey(account, true);
    disks = new UploadedDisks(data.resolve("disks"), check, Clock.systemUTC(), room);
    uploads = new FileUploads(data.resolve("uploads"), disks, room, Clock.systemUTC());
    disks.export(
        DISK, account.id(), DiskFormat.QCOW2, _ -> {}, file -> Files.write(file, EmptyDisk.QCOW2));
    events = new EventStreams(database, updates, nodes, slots(Quota.EVENT_STREAMS));
    conversions = new Conversions(data.resolve("exports"), room, 1, Duration.ZERO);
    audit = AuditLog.open(data, AuditLog.Limits.of(new ByteSize(1 << 30)), Clock.systemUTC());
    Authentication authentication = new SigV4(accounts::findSigningKey, Clock.systemUTC());
    Cancellations cancellations = new Cancellations(database, outcomes(), steps, running);
    ImageServices images =
        new ImageServices(
            database,
            new Decisions(),
            imports(),
            copies(),
            exports(),
            // Deletions begin, and do not end.
            new ImageDeletions(database, layers(), _ -> {}),
            cancellations,
            _ -> image -> Optional.of(true),
            quotas,
            accounts,
            new PageTokens(new byte[32]),
            nodes,
            Clock.systemUTC());
    Requests requests =
        new Requests(
            authentication,
            (caller, address) ->
                accounts.used(
                    caller.key(), caller.owner().accountId(), caller.owner().region(), address));
    AccountSlots downloads = slots(Quota.DOWNLOADS);
    Documents documents = new Documents(downloads);
    sessions = new Sessions(database, Clock.systemUTC());
    ConsoleGuard guard =
        new ConsoleGuard(
            requests, slots(Quota.EVENT_STREAMS), downloads, documents, new AuditTrail(audit));
    fleet =
        FleetPolicies.of(
            database,
            channels(),
            new Inventories(database),
            plans(),
            plannedFixes(),
            images.quotas(),
            audit.ofPolicies(),
            Clock.systemUTC());
    policies = policies(masterKey, fleet);
    console =
        new Console(
            new ConsoleServices(
                guard,
                images,
                sessions,
                accounts,
                new People(database, accounts),
                updates,
                new Inventories(database),
                plannedFixes(),
                flattenings(0),
                new ChannelStore(data, Clock.systemUTC()),
                disks,
                uploads,
                differences(),
                snapshotOffers(),
                new Operators(database, Set.of()),
                this::hostChecks,
                signingKeys,
                new Csrf(new byte[32]),
                openId.map(settings ->
                    new OpenIdProvider(settings, new byte[32], Map.of(), Clock.systemUTC())),
                Optional.empty(),
                "us-east-1"),
            fleet.pages(
                guard,
                database,
                new ChannelStore(data, Clock.systemUTC()),
                new Operators(database, Set.of()),
                policies,
                Clock.systemUTC()));
    endpoints =
        new Endpoints(
            requests,
            images,
            updates,
            new Inventories(database),
            plannedFixes(),
            search(),
            differences(),
            snapshotOffers(),
            disks,
            uploads,
            goldenLayers(),
            data,
            flattenings(0),
            new FeedStore(database, data, Clock.systemUTC()),
            new SupportFiles(data, data),
            signingKeys,
            attestations(),
            metrics,
            audit,
            events,
            conversions,
            downloads,
            documents,
            nodes,
            new Operators(database, Set.of()),
            policies,
            fleet,
            console);
    this.limits = limits;
    front = listen(port);
  }

  /** A host of which everything is known, and nothing is looked at. */
  private List<HostChecks.Check> hostChecks() {
    return List.of(
        new HostChecks.Check("Programs", "qemu-img", "ok", "qemu-img version 7.2.22", false),
        new HostChecks.Check(
            "Programs",
            "libguestfs",
            "PROBLEM",
            "libguestfs.so.0 is missing; apt-get install libguestfs0",
            true),
        new HostChecks.Check("Protections", "data directory", "ok", "0700, ours alone", false));
  }

  private Policies policies(MasterKey masterKey, FleetPolicies fleet) throws IOException {
    Schedules schedules = new Schedules(Clock.systemUTC());
    Notices notices =
        new Notices(
            new Addresses(List.of(Addresses.Network.parse("127.0.0.0/8"))),
            new SealedSecrets(masterKey),
            Optional.empty());
    return new Policies(
        schedules,
        new Scheduler(
            database,
            new PlannedForecasts(
                database,
                channels(),
                new Inventories(database),
                plans(),
                plannedFixes(),
                new FeedStore(database, data, Clock.systemUTC())),
            new Decisions(),
            audit.ofPolicies(),
            Clock.systemUTC()),
        notices,
        fleet.files(
            database, new Operators(database, Set.of()), schedules, notices, Clock.systemUTC()));
  }

  private ChannelStore channels() throws IOException {
    return new ChannelStore(data, Clock.systemUTC());
  }

  private UpdatePlans plans() throws IOException {
    return new UpdatePlans(
        channels(),
        new Inventories(database),
        images -> database.read(handle -> RingRecords.ofImages(handle, images)));
  }

  private SnapshotChangelogs changelogs() {
    return new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC()));
  }

  private FleetSearch search() throws IOException {
    FeedStore feeds = new FeedStore(database, data, Clock.systemUTC());
    return new FleetSearch(database, new PackageMatcher(database, plans(), changelogs(), feeds));
  }

  private Differences differences() throws IOException {
    return new Differences(database, plans(), plannedFixes(), changelogs(), FeedChangelogs.NONE);
  }

  private SnapshotOffers snapshotOffers() throws IOException {
    EarlierSnapshots.Limits limits = new EarlierSnapshots.Limits(Duration.ofDays(90), 1L << 30);
    return new SnapshotOffers(
        plans(), channels(), new EarlierSnapshots(database, channels(), limits, Clock.systemUTC()));
  }

  private record NoNodes() implements Nodes {
    @Override
    public List<Node> list() {
      return List.of();
    }

    @Override
    public boolean setDraining(String name, boolean draining) {
      return false;
    }

    @Override
    public Optional<String> waiting(Handle handle, String job) {
      return Optional.empty();
    }
  }

  private PlannedFixes plannedFixes() throws IOException {
    return new PlannedFixes(database, new Inventories(database), plans(), changelogs());
  }

  private final class Decisions implements Updates {
    @Override
    public UpdateAnswer update(UpdateRequest request) {
      return updating.apply(request);
    }

    @Override
    public UpdatePlan plan(Owner owner, String imageName) {
      var _ = database.read(handle -> Images.require(handle, owner, imageName));
      return PLAN;
    }
  }

  private HttpFront listen(int port) throws Exception {
    return HttpFront.start(
        new Config.Listen("127.0.0.1", port),
        tls,
        limits,
        endpoints.metrics(),
        audit,
        endpoints.services(),
        Duration.ofSeconds(1));
  }

  /**
   * Answers with TLS from now on.
   *
   * @return the server's certificate
   */
  Path encrypt() throws Exception {
    Config.Tls on =
        new Config.Tls(Config.TlsMode.ON, Optional.empty(), Optional.empty(), Optional.empty());
    tls = ServerTls.open(on, new Config.Listen("127.0.0.1", 0), data, Clock.systemUTC());
    restart(Duration.ZERO);
    return ServerTls.ownCertificate(data);
  }

  /** Is away for a while, and answers at the same address again. */
  void restart(Duration away) throws Exception {
    int port = front.port();
    front.close();
    Thread.sleep(away);
    front = listen(port);
  }

  private AccountSlots slots(Quota quota) {
    return new AccountSlots(
        quota,
        account -> database.read(handle -> quotas.limitOf(handle, account, quota)),
        Integer.MAX_VALUE);
  }

  public int port() {
    return front.port();
  }

  URI uri(String path) {
    return URI.create(
        "%s://127.0.0.1:%d%s".formatted(tls.isPresent() ? "https" : "http", front.port(), path));
  }

  /** From now on, updates are not merely written down. */
  void decideUpdatesBy(Function<UpdateRequest, UpdateAnswer> decision) {
    updating = decision;
  }

  /**
   * What the server answers to a call of one operation in us-east-1, over a connection of its own.
   */
  public Answer ask(AccessKey caller, String operation, String body) throws IOException {
    try (var connection = new RawConnection(front.port())) {
      return connection.write(SignedRequest.of(caller, operation, body).bytes()).read();
    }
  }

  /** What the server answers to a call of one of our own endpoints, without a body. */
  HttpResponse<byte[]> send(AccessKey caller, String method, String path, String... headers)
      throws IOException, InterruptedException {
    SdkHttpRequest signed = signed(caller, method, path, new byte[0]);
    return send(signed, method, path, BodyPublishers.noBody(), headers);
  }

  /**
   * Uploads a disk.
   *
   * @param chunked whether the request leaves its length open
   */
  HttpResponse<byte[]> sendDisk(AccessKey caller, byte[] disk, boolean chunked)
      throws IOException, InterruptedException {
    String path = "/regild/v1/disks";
    BodyPublisher body =
        chunked
            ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(disk))
            : BodyPublishers.ofByteArray(disk);
    return send(signed(caller, "POST", path, disk), "POST", path, body);
  }

  private SdkHttpRequest signed(AccessKey caller, String method, String path, byte[] body) {
    return AwsV4HttpSigner.create()
        .sign(r ->
            r.identity(AwsCredentialsIdentity.create(caller.id(), caller.secret()))
                .request(
                    SdkHttpRequest.builder()
                        .method(SdkHttpMethod.fromValue(method))
                        .uri(uri(path))
                        .build())
                .payload(ContentStreamProvider.fromByteArray(body))
                .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SigV4.SERVICE))
        .request();
  }

  private HttpResponse<byte[]> send(
      SdkHttpRequest signed, String method, String path, BodyPublisher body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    signed.headers().entrySet().stream()
        .filter(header -> !header.getKey().equalsIgnoreCase("host"))
        .forEach(header -> request.header(header.getKey(), header.getValue().getFirst()));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.method(method, body).build(), BodyHandlers.ofByteArray());
  }

  /** The file of credentials that a real server writes into its data directory. */
  Path writeCredentials() throws IOException {
    return Files.writeString(
        data.resolve("credentials"),
        """
        [default]
        aws_access_key_id = %s
        aws_secret_access_key = %s
        """
            .formatted(key.id(), key.secret()));
  }

  /** What calls with the account's key that are made at once end with; empty if accepted. */
  List<String> errorsOf(String operation, List<String> bodies) throws Exception {
    List<Callable<String>> calls =
        bodies.stream()
            .<Callable<String>>map(
                body -> () -> ask(key, operation, body).header("x-amzn-errortype"))
            .toList();
    List<String> errors = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(calls.size())) {
      for (Future<String> call : threads.invokeAll(calls)) {
        errors.add(call.get());
      }
    }
    return errors;
  }

  /**
   * Returns the audit log once all of that is in it: the answer to a request can be there before
   * its line.
   */
  String audited(String... parts) throws IOException, InterruptedException {
    Path log = data.resolve("audit.log");
    Instant end = Instant.now().plus(LONGEST_WAIT);
    while (true) {
      String lines = Files.readString(log);
      if (Stream.of(parts).allMatch(lines::contains)) {
        return lines;
      }
      assertThat(Instant.now()).as("%s in %s", List.of(parts), lines).isBefore(end);
      Thread.sleep(10);
    }
  }

  /** Waits until no converted disk is left: an answer has been read before its disk is removed. */
  void requireNoDisksOfExports() throws IOException, InterruptedException {
    Instant end = Instant.now().plus(LONGEST_WAIT);
    while (true) {
      try (Stream<Path> left = Files.list(data.resolve("exports"))) {
        List<Path> files = left.toList();
        if (files.isEmpty()) {
          return;
        }
        assertThat(Instant.now()).as("%s", files).isBefore(end);
      }
      Thread.sleep(10);
    }
  }

  Owner owner(String region) {
    return new Owner(account.id(), region);
  }

  /** The AWS SDK's client, with the account's key. */
  AppStreamClient client(String region) {
    return client(region, key);
  }

  /** The AWS SDK's client, with that key. */
  AppStreamClient client(String region, AccessKey with) {
    return AppStreamClient.builder()
        .endpointOverride(uri(""))
        .region(Region.of(region))
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(with.id(), with.secret())))
        .httpClientBuilder(ApacheHttpClient.builder())
        .build();
  }

  /** An AVAILABLE image with a small disk that is really there. */
  Image golden(String region, String name) throws Exception {
    return golden(
        region,
        name,
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(
                new InstalledPackage("openssl", "amd64", "3.0.11-1", false)
                    .from(new PackageOrigin("openssl", "3.0.11-1", "", "", "")))));
  }

  /** As {@link #golden(String, String)}, with other things installed. */
  Image golden(String region, String name, Inventory inventory) throws Exception {
    Image image =
        Image.importing(
            owner(region),
            name,
            Optional.of("Golden"),
            Optional.of("made by hand"),
            List.of(),
            Instant.now());
    String layer = "layer-" + name + "-" + region;
    Files.write(data.resolve(layer + ".qcow2"), EmptyDisk.QCOW2);
    return database.inTransaction(handle -> {
      Images.insert(handle, image);
      LayerRecords.insert(
          handle, new Layer(layer, Optional.empty(), 4096, 1 << 20, "0".repeat(64), 1));
      return Images.publish(
          handle,
          image,
          new PublishedDisk(
              new ImageDisk(
                  layer,
                  new Inventories(database).store(handle, inventory),
                  new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
              inventory.os().platform(),
              Optional.of("1.0-1"),
              Optional.of(new Qualification("6.1.0-18-amd64", "running", List.of()))));
    });
  }

  /** Leases a job, so that a test can run it itself. */
  Lease lease(String job) {
    return Leases.take(database, "test", job);
  }

  UpdateAnswer update(UpdateRequest request) {
    Image existing =
        database.read(
            handle -> Images.requireOwned(handle, request.owner(), request.existingImageName()));
    if (request.dryRun()) {
      return new UpdateAnswer(existing, true);
    }
    Image created =
        existing.updated(
            request.newImageName(),
            request.displayName(),
            request.description(),
            "sha256:" + "1".repeat(64),
            Instant.now());
    database.useTransaction(handle -> {
      Images.insert(handle, created);
      quotas.tag(handle, request.owner(), created.arn(), request.tags());
      ImageBuilders.insert(
          handle, ImageBuilder.updating(existing, created, new SecureRandom(), Instant.now()));
      updates.start(handle, created, existing, created.origin().snapshot().orElseThrow(), PLAN);
    });
    return new UpdateAnswer(created, true);
  }

  /** Is told of the jobs that are made from now on. */
  JobObserver observer = JobObserver.NONE;

  private SteppedJob.Tools tools() throws IOException {
    return new SteppedJob.Tools(database, steps, running, new Workspaces(data), observer);
  }

  ImageCopies copies() throws IOException {
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    jobs.register(CopyJob.KIND, copyJob());
    return new ImageCopies(database, quotas, jobs, Clock.systemUTC());
  }

  CopyJob copyJob() throws IOException {
    return new CopyJob(tools(), complete(), attestations());
  }

  private UpdateOutcomes outcomes() throws IOException {
    Inventories inventories = new Inventories(database);
    return new UpdateOutcomes(
        inventories, updates, steps, agentVersions(inventories), Clock.systemUTC());
  }

  private ImageExports exports() throws IOException {
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    jobs.register(ExportJob.KIND, exportJob());
    return new ImageExports(database, disks, quotas, jobs, Clock.systemUTC());
  }

  /** Makes the exports that were accepted; the images' layers lie in the data directory. */
  ExportJob exportJob() throws IOException {
    return new ExportJob(
        tools(), complete(), flattenings(0), goldenLayers(), disks, room, attestations());
  }

  /**
   * Accepts flattenings; {@link #flattenJob} makes them.
   *
   * @param deepest as {@code flatten.depth}
   */
  ImageFlattenings flattenings(int deepest) throws IOException {
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    jobs.register(FlattenJob.KIND, new IdleJob());
    return new ImageFlattenings(
        database, layers(), steps, running, jobs, deepest, Clock.systemUTC());
  }

  FlattenJob flattenJob() throws IOException {
    return new FlattenJob(tools(), complete(), flattenings(0), attestations(), layers(), room);
  }

  private CompleteInventory complete() throws IOException {
    DiskInspector inspector =
        new DiskInspector(new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all());
    return new CompleteInventory(database, new Inventories(database), layers(), inspector);
  }

  private ImageImports imports() {
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    jobs.register(ImportJob.KIND, new IdleJob());
    return new ImageImports(database, quotas, disks, jobs, Routing.ANYWHERE, Clock.systemUTC());
  }

  private AgentVersions agentVersions(Inventories inventories) throws IOException {
    return new AgentVersions(
        new UpdatePlans(new ChannelStore(data, Clock.systemUTC()), inventories));
  }

  /** Makes the imports that were accepted. */
  ImportJob importJob() throws IOException {
    Inventories inventories = new Inventories(database);
    Guests guests = new Guests(Isolation.VM, () -> Accelerator.TCG, Duration.ofMinutes(1));
    QualificationBoot.Machine machine =
        new QualificationBoot.Machine(512, 1, Duration.ofMinutes(1));
    return new ImportJob(
        tools(),
        inventories,
        layers(),
        disks,
        check,
        new DiskInspector(new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all()),
        new Platforms(guests, machine, machine),
        agentVersions(inventories),
        attestations(),
        Clock.systemUTC());
  }

  private Attestations attestations() {
    return new Attestations(
        signingKeys, new Inventories(database), Isolation.VM, Clock.systemUTC());
  }

  /** Those of the images of {@link #golden}, whose files lie in the data directory itself. */
  private LayerStore goldenLayers() throws IOException {
    return new LayersBeside(layers(), data);
  }

  /** A disk of 1 MiB with nothing on it, which qemu-img made. */
  private static final class EmptyDisk {
    static final byte[] QCOW2 = bytes();

    private static byte[] bytes() {
      try {
        Path directory = MemoryDirectory.create("regild-empty-");
        try {
          Path file = directory.resolve("disk.qcow2");
          QemuImg.create(file, DiskFormat.QCOW2, 1 << 20);
          return Files.readAllBytes(file);
        } finally {
          FileTree.remove(directory);
        }
      } catch (IOException | ProgramException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private record LayersBeside(LayerStore store, Path directory) implements LayerStore {
    @Override
    public BorrowedLayer borrow(String id) {
      return new BorrowedLayer(directory.resolve(id + ".qcow2"), () -> {});
    }

    @Override
    public Layer publish(String id, int attempt, Path finished, Optional<String> base)
        throws IOException, ProgramException, InterruptedException {
      return store.publish(id, attempt, finished, base);
    }

    @Override
    public void delete(String id) throws IOException {
      store.delete(id);
    }

    @Override
    public List<String> ids() throws IOException, InterruptedException {
      return store.ids();
    }

    @Override
    public void removeLeftovers(Predicate<String> needed) throws IOException {
      store.removeLeftovers(needed);
    }

    @Override
    public boolean verify(Layer layer) throws IOException, InterruptedException {
      return store.verify(layer);
    }
  }

  /** Where imports publish. */
  LayerStore layers() throws IOException {
    return new DirectoryLayerStore(data);
  }

  /** The same disk once more, as that account sends it. */
  UploadedDisk upload(Account owner) throws Exception {
    Path file = disks.path(disks.find(account.id(), DISK).orElseThrow());
    try (InputStream content = Files.newInputStream(file)) {
      return disks.receive(
          owner.id(), new DiskQuota(100, 1L << 40), content, OptionalLong.of(Files.size(file)));
    }
  }

  /** Ends an update as failed. */
  void fail(Image image) {
    database.useTransaction(handle -> {
      updates.failed(handle, image.id());
      Images.transition(handle, image, ImageState.FAILED);
    });
  }

  @Override
  public void close() {
    console.close();
    events.close();
    conversions.close();
    front.close();
    tls.ifPresent(ServerTls::close);
    audit.close();
    metrics.close();
    http.shutdownNow();
    database.close();
  }
}
