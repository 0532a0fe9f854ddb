package dev.regild.server;

import dev.regild.account.Accounts;
import dev.regild.account.FirstStart;
import dev.regild.account.MasterKey;
import dev.regild.account.People;
import dev.regild.account.SigningKeys;
import dev.regild.api.Authentication;
import dev.regild.api.OpenDoor;
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
import dev.regild.console.openid.OpenIdProvider;
import dev.regild.console.session.Sessions;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.Workspaces;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.feed.FeedChangelogs;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.fetch.PackageCache;
import dev.regild.files.CurrentUser;
import dev.regild.image.Inventories;
import dev.regild.image.JobSteps;
import dev.regild.image.Owner;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.Quotas;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.DiskInspector;
import dev.regild.job.RunningJobs;
import dev.regild.job.SteppedJob;
import dev.regild.job.node.Nodes;
import dev.regild.job.node.Routing;
import dev.regild.machine.Appliances;
import dev.regild.machine.Build;
import dev.regild.machine.systemd.Credentials;
import dev.regild.policy.notice.Courier;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.retention.RetentionWork;
import dev.regild.policy.schedule.PlannedForecasts;
import dev.regild.policy.schedule.Scheduler;
import dev.regild.policy.schedule.Schedules;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.disks.Conversions;
import dev.regild.server.health.DatabaseWait;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.ConsoleGuard;
import dev.regild.server.http.Documents;
import dev.regild.server.http.HttpFront;
import dev.regild.server.http.Requests;
import dev.regild.server.protection.HostReport;
import dev.regild.server.rest.EventStreams;
import dev.regild.server.rest.Policies;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.AuditTrail;
import dev.regild.server.telemetry.JobTelemetry;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.telemetry.Traces;
import dev.regild.server.tls.AcmeCertificate;
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
import dev.regild.update.ImageUpdates;
import dev.regild.update.ImportJob;
import dev.regild.update.Recovery;
import dev.regild.update.UpdateJob;
import dev.regild.update.fleet.Differences;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.fleet.IndexUpkeep;
import dev.regild.update.fleet.PackageMatcher;
import dev.regild.update.planning.AgentVersions;
import dev.regild.update.planning.FilesAhead;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.Prefetch;
import dev.regild.update.planning.RegistryRefresh;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.SnapshotOffers;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.steps.CompleteInventory;
import dev.regild.update.steps.Platforms;
import dev.regild.update.steps.ReadChangelogs;
import dev.regild.update.steps.UpdateOutcomes;
import dev.regild.update.verdict.Judging;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: the one place where all parts are put together. */
public final class RegildServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegildServer.class);

  /** Both together stay below the 10 s in which a server ends. */
  private static final Duration REQUEST_GRACE = Duration.ofSeconds(2);

  private static final Duration JOB_GRACE = Duration.ofSeconds(4);
  private static final Duration APPLY_LIMIT = Duration.ofHours(3);

  /** Whoever asks for the same disk again so soon has it at once. */
  private static final Duration EXPORTS_KEPT = Duration.ofMinutes(1);

  private final Parts parts = new Parts();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final int port;
  private BooleanSupplier listening = () -> false;

  private RegildServer(Config config, Role role) throws ConfigException, IOException {
    int listeningOn = -1;
    try {
      listeningOn = assemble(config, role);
    } finally {
      if (listeningOn < 0) {
        close();
      }
    }
    this.port = listeningOn;
  }

  /**
   * Starts a server, which answers and works when this returns.
   *
   * @throws ConfigException if the address or the data directory can't be used
   */
  public static RegildServer start(Config config) throws ConfigException, IOException {
    return start(config, Role.SERVE);
  }

  /**
   * Starts a process of that role.
   *
   * @throws ConfigException if the address, the data directory or the database can't be used, or
   *     the role needs a database that others share
   */
  public static RegildServer start(Config config, Role role) throws ConfigException, IOException {
    if (role != Role.SERVE && config.database().isEmpty()) {
      throw new ConfigException(
          "database is not set, but regild %s needs one that other nodes share; set database and store as they do"
              .formatted(role.words()));
    }
    return new RegildServer(config, role);
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  /** Whether it still accepts connections. */
  public boolean isListening() {
    return listening.getAsBoolean();
  }

  /**
   * Waits until the process is told to end, and the server has ended.
   *
   * @param told is run when the process is told to end
   */
  public void awaitTermination(Runnable told) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  told.run();
                  close();
                },
                "shutdown"));
    closed.await();
  }

  private <T extends AutoCloseable> T opened(T part) {
    return parts.opened(part);
  }

  private int assemble(Config config, Role role) throws ConfigException, IOException {
    Map<String, String> environment = Credentials.over(System.getenv());
    DataDirectory data = opened(DataDirectory.open(config.data()));
    Path work = opened(WorkDirectory.open(config.node().work(), data.path())).path();
    Optional<ServerTls> tls =
        ServerTls.open(config.tls(), config.listen(), data.path(), Clock.systemUTC());
    tls.ifPresent(this::opened);
    Database database = opened(database(config, data, tls));
    Clock clock = database.clock();
    ProvenAccelerator accelerator = new ProvenAccelerator(data.resolve("accelerator"));
    Membership membership =
        opened(Membership.join(config, role, data.path(), work, database, accelerator));
    if (role == Role.WORKER) {
      requireRegistry(database);
    }
    MasterKey masterKey =
        NodeMasterKey.load(
            data.path(),
            database,
            config.database().isPresent() || config.store().isPresent(),
            Optional.ofNullable(environment.get(MasterKey.ENVIRONMENT_VARIABLE)));
    Accounts accounts = new Accounts(database, masterKey, clock);
    if (role != Role.WORKER) {
      new FirstStart(data.path(), accounts)
          .run()
          .ifPresent(
              file -> LOG.atInfo().addKeyValue("file", file).log("first access key written"));
    }

    SigningKeys signingKeys = new SigningKeys(database, masterKey, clock);
    Inventories inventories = new Inventories(database);
    Attestations attestations =
        new Attestations(signingKeys, inventories, config.isolation(), clock);
    UpdateRecords updates = new UpdateRecords(clock);
    JobSteps steps = new JobSteps(clock);
    Quotas quotas = new Quotas(config.quotas());
    RoomReservations room = new RoomReservations();
    DiskCheck diskCheck = new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES);
    Storage storage =
        opened(
            Storage.open(
                config,
                data.path(),
                database,
                masterKey,
                diskCheck,
                room,
                membership.turns(),
                clock));
    LayerStore layers = storage.layers();
    DiskStore disks = storage.disks();
    ChannelStore channels = storage.channels();
    PackageCache packages = storage.packages();
    UpdatePlans plans =
        new UpdatePlans(
            channels,
            inventories,
            images -> database.read(handle -> RingRecords.ofImages(handle, images)));
    AgentVersions agentVersions = new AgentVersions(plans);
    if (role != Role.WORKER) {
      // While this thread continues: the first description of images waits for it.
      Thread.ofPlatform().name("snapshots").daemon().start(agentVersions::prepare);
    }
    signingKeys
        .firstStart()
        .ifPresent(id -> LOG.atInfo().addKeyValue("key", id).log("signing key created"));
    Workspaces workspaces = new Workspaces(work);
    Appliances appliances = new Appliances(accelerator, config.applianceStartLimit());
    Changelogs changelogs = new Changelogs(database, clock);
    SnapshotChangelogs snapshotChangelogs = new SnapshotChangelogs(changelogs);
    FeedStore feeds = new FeedStore(database, data.path(), clock);
    FeedChangelogs feedChangelogs = new FeedChangelogs(feeds);
    PlannedFixes plannedFixes =
        new PlannedFixes(database, inventories, plans, snapshotChangelogs, feedChangelogs);

    JobQueue jobs =
        new JobQueue(database, clock, config.workers(), JOB_GRACE, membership.jobNode());
    Nodes nodes = membership.nodes(jobs, clock);
    Routing routing = membership.routing();
    RunningJobs running = new RunningJobs();
    Metrics metrics = opened(new Metrics());
    metrics.watchData(data.path());
    tls.ifPresent(it -> metrics.watchCertificate(it::end));
    Traces traces = opened(Traces.to(config.traces(), membership.name()));
    SteppedJob.Tools tools =
        new SteppedJob.Tools(
            database, steps, running, workspaces, new JobTelemetry(metrics, traces));
    UpdateOutcomes outcomes = new UpdateOutcomes(inventories, updates, steps, agentVersions, clock);
    ImageFlattenings flattenings =
        new ImageFlattenings(database, layers, steps, running, jobs, config.flattenDepth(), clock);
    DiskInspector inspector = new DiskInspector(appliances, PackageSystems.installed().all());
    CompleteInventory complete = new CompleteInventory(database, inventories, layers, inspector);
    jobs.register(
        FlattenJob.KIND, new FlattenJob(tools, complete, flattenings, attestations, layers, room));
    jobs.register(
        ImageUpdates.JOB,
        new UpdateJob(
            tools,
            inventories,
            updates,
            outcomes,
            new ReadChangelogs(changelogs, feedChangelogs),
            channels,
            packages,
            layers,
            platforms(config, config.isolation(), appliances),
            room,
            flattenings,
            attestations));
    jobs.register(
        ImportJob.KIND,
        new ImportJob(
            tools,
            inventories,
            layers,
            disks,
            diskCheck,
            inspector,
            // Whatever the isolation is: nobody knows yet what is on an uploaded disk.
            platforms(config, Isolation.VM, appliances),
            agentVersions,
            attestations,
            clock));

    jobs.register(CopyJob.KIND, new CopyJob(tools, complete, attestations));

    jobs.register(
        ExportJob.KIND,
        new ExportJob(tools, complete, flattenings, layers, disks, room, attestations));

    IndexUpkeep indexUpkeep = new IndexUpkeep(database, inventories, jobs);
    jobs.register(IndexUpkeep.KIND, indexUpkeep);

    ImageUpdates imageUpdates =
        new ImageUpdates(database, quotas, updates, plans, jobs, routing, clock);
    ImageImports imageImports = new ImageImports(database, quotas, disks, jobs, routing, clock);
    ImageCopies imageCopies = new ImageCopies(database, quotas, jobs, clock);
    ImageExports imageExports = new ImageExports(database, disks, quotas, jobs, clock);
    ImageDeletions deletions = new ImageDeletions(database, layers, Thread::startVirtualThread);
    new Recovery(database, layers, workspaces, work).run();
    Upkeep upkeep =
        opened(
            new Upkeep(
                database,
                deletions,
                flattenings,
                new DiskDeletions(database, disks),
                storage.uploads(),
                membership.turns(),
                clock));
    if (role.runsJobs()) {
      opened(jobs);
    }
    RegistryRefresh registryRefresh = new RegistryRefresh(database, inventories, clock);
    EarlierSnapshots earlierSnapshots =
        new EarlierSnapshots(database, channels, config.snapshots(), clock);
    ChannelRefresh refresh =
        opened(
            ChannelRefresh.start(
                channels,
                earlierSnapshots,
                config
                    .prefetch()
                    .map(size ->
                        new ChannelRefresh.Ahead(
                            new Prefetch(
                                database,
                                plans,
                                changelogs,
                                snapshotChangelogs,
                                packages,
                                room,
                                data.path(),
                                size.bytes()),
                            new FilesAhead(
                                plans,
                                registryRefresh,
                                packages,
                                room,
                                data.path(),
                                size.bytes()))),
                registryRefresh,
                database,
                updates,
                packages,
                clock,
                membership.turns(),
                ChannelRefresh.USUAL));

    opened(new FeedRefresh(database, feeds, channels, membership.turns())).start();
    SupportFiles supportFiles =
        new SupportFiles(config.support().distroInfo(), config.support().securitySupport());
    opened(
            new Judging(
                    database,
                    inventories,
                    plans,
                    plannedFixes,
                    feeds,
                    supportFiles,
                    membership.turns(),
                    clock)
                .work())
        .start();

    Cancellations cancellations = new Cancellations(database, outcomes, steps, running);

    metrics.watchChannels(refresh::ages);
    AuditLog audit =
        opened(AuditLog.open(data.path(), AuditLog.Limits.of(config.auditSize()), clock));
    int mostHeld = config.http().connections() / 2;
    AccountSlots streams = slots(Quota.EVENT_STREAMS, database, quotas, mostHeld);
    AccountSlots downloads = slots(Quota.DOWNLOADS, database, quotas, mostHeld / 2);
    Documents documents = new Documents(downloads);
    EventStreams events = new EventStreams(database, updates, nodes, streams);
    Conversions conversions =
        opened(new Conversions(data.resolve("exports"), room, config.conversions(), EXPORTS_KEPT));
    ImageServices images =
        new ImageServices(
            database,
            imageUpdates,
            imageImports,
            imageCopies,
            imageExports,
            deletions,
            cancellations,
            agentVersions,
            quotas,
            accounts,
            new PageTokens(masterKey.derived("page-tokens")),
            nodes,
            clock);
    Scheduler scheduler =
        new Scheduler(
            database,
            new PlannedForecasts(database, channels, inventories, plans, plannedFixes, feeds),
            imageUpdates,
            audit.ofPolicies(),
            clock);
    opened(scheduler.work(membership.turns())).start();
    Schedules schedules = new Schedules(clock);
    Notices notices =
        new Notices(
            config.notices().addresses(), new SealedSecrets(masterKey), config.notices().mail());
    opened(
            new Courier(
                database,
                notices,
                config.notices().addresses(),
                config.notices().mail(),
                membership.turns(),
                clock))
        .start();
    Operators operators = new Operators(database, config.node().operators());
    FleetPolicies fleet =
        FleetPolicies.of(
            database,
            channels,
            inventories,
            plans,
            plannedFixes,
            quotas,
            audit.ofPolicies(),
            clock);
    Policies policies =
        new Policies(
            schedules,
            scheduler,
            notices,
            fleet.files(database, operators, schedules, notices, clock));
    Requests requests =
        new Requests(
            authentication(config, accounts, clock),
            (caller, address) ->
                accounts.used(
                    caller.key(), caller.owner().accountId(), caller.owner().region(), address));
    Differences differences =
        new Differences(database, plans, plannedFixes, snapshotChangelogs, feedChangelogs);
    SnapshotOffers snapshotOffers = new SnapshotOffers(plans, channels, earlierSnapshots);
    ConsoleGuard guard =
        new ConsoleGuard(requests, streams, downloads, documents, new AuditTrail(audit));
    Console console =
        new Console(
            new ConsoleServices(
                guard,
                images,
                new Sessions(database, clock),
                accounts,
                new People(database, accounts),
                updates,
                inventories,
                plannedFixes,
                flattenings,
                channels,
                disks,
                storage.uploads(),
                differences,
                snapshotOffers,
                operators,
                new HostReport(data.path(), config),
                signingKeys,
                new Csrf(masterKey.derived("console-forms")),
                config
                    .openId()
                    .map(settings ->
                        new OpenIdProvider(
                            settings, masterKey.derived("console-logins"), environment, clock)),
                everybody(config),
                config.region()),
            fleet.pages(guard, database, channels, operators, policies, clock));
    opened(
            new RetentionWork(database, fleet.retentions(), deletions, clock)
                .work(membership.turns()))
        .start();
    opened(fleet.revocations().work(membership.turns())).start();
    Endpoints endpoints =
        new Endpoints(
            requests,
            images,
            updates,
            inventories,
            plannedFixes,
            new FleetSearch(
                database, new PackageMatcher(database, plans, snapshotChangelogs, feeds)),
            differences,
            snapshotOffers,
            disks,
            storage.uploads(),
            layers,
            data.path(),
            flattenings,
            feeds,
            supportFiles,
            signingKeys,
            attestations,
            metrics,
            audit,
            events,
            conversions,
            downloads,
            documents,
            nodes,
            operators,
            policies,
            fleet,
            console);
    HttpFront front =
        opened(
            HttpFront.start(
                config.listen(),
                tls,
                config.http(),
                metrics,
                audit,
                role == Role.WORKER ? endpoints.ofWorker() : endpoints.services(),
                REQUEST_GRACE));
    listening = front::isRunning;
    // Only now: they would take a processor from the start, and the first requests are worth more.
    upkeep.start();
    opened(indexUpkeep.work()).start();
    if (role.runsJobs()) {
      jobs.start();
    } else {
      jobs.recover();
    }
    opened(events);
    opened(console);
    if (tls.isPresent() && config.tls().acme().isPresent()) {
      opened(AcmeCertificate.start(config.tls().acme().get(), tls.get(), data.path(), clock));
    }
    LOG.atInfo()
        .addKeyValue("address", config.listen().host() + ":" + front.port())
        .addKeyValue("tls", tls.isPresent())
        .addKeyValue("data", data.path())
        .addKeyValue("isolation", config.isolation())
        .addKeyValue("version", Build.own().text())
        .log(role == Role.WORKER ? "worker started" : "server started");
    if (CurrentUser.isRoot()) {
      LOG.warn("the server runs as root; give it its own user: ./regild setup USER");
    }
    return front.port();
  }

  private static void requireRegistry(Database database) throws ConfigException {
    boolean isThere =
        database.read(handle ->
            handle
                .createQuery("SELECT 1 FROM account LIMIT 1")
                .mapTo(Integer.class)
                .findFirst()
                .isPresent());
    if (!isThere) {
      throw new ConfigException(
          "database has no registry yet; start regild serve once, then the worker");
    }
  }

  private static Database database(Config config, DataDirectory data, Optional<ServerTls> tls)
      throws ConfigException, IOException {
    if (config.database().isEmpty()) {
      RegistryId.requireNone(data.path());
      return Database.open(data.resolve("regild.db"));
    }
    Database database = new DatabaseWait(config, data.path(), tls).open(config.database().get());
    boolean ours = false;
    try {
      new RegistryId(database, data.path()).require(config.store().isPresent());
      ours = true;
      return database;
    } finally {
      if (!ours) {
        database.close();
      }
    }
  }

  private static Platforms platforms(Config config, Isolation isolation, Appliances appliances) {
    Guests guests = new Guests(isolation, appliances, APPLY_LIMIT);
    return new Platforms(
        guests,
        machine(config.qualification().memory(), config.qualification().timeLimit()),
        machine(config.windows().memory(), config.windows().startLimit()));
  }

  private static QualificationBoot.Machine machine(ByteSize memory, Duration timeLimit) {
    return new QualificationBoot.Machine(
        (int) (memory.bytes() >> 20),
        Math.min(2, Runtime.getRuntime().availableProcessors()),
        timeLimit);
  }

  /** Who acts where calls are not signed. */
  private static Optional<Owner> everybody(Config config) {
    return switch (config.auth()) {
      case SIGV4 -> Optional.empty();
      case OFF -> Optional.of(new Owner(OpenDoor.ACCOUNT, config.region()));
    };
  }

  private static Authentication authentication(Config config, Accounts accounts, Clock clock) {
    return switch (config.auth()) {
      case SIGV4 -> new SigV4(accounts::findSigningKey, clock);
      case OFF -> new OpenDoor(config.region());
    };
  }

  /** Together they hold no more connections than leave enough for everybody else. */
  private static AccountSlots slots(
      Quota quota, Database database, Quotas quotas, int mostTogether) {
    return new AccountSlots(
        quota,
        account -> database.read(handle -> quotas.limitOf(handle, account, quota)),
        mostTogether);
  }

  /** Takes no more requests, lets steps in flight end or hands their jobs back; within 10 s. */
  @Override
  public void close() {
    parts.close();
    closed.countDown();
  }
}
