package dev.regild.server;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.channel.SnapshotHistory;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.ring.Ring;
import dev.regild.console.session.SavedViews;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.image.Application;
import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.StateChangeReason;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.node.Ability;
import dev.regild.job.node.Node;
import dev.regild.job.node.Nodes;
import dev.regild.machine.BootEvidence;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionRule;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.revocation.Revocations;
import dev.regild.policy.ring.Rings;
import dev.regild.policy.schedule.Schedule;
import dev.regild.policy.schedule.Schedules;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueSource;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import javax.imageio.ImageIO;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A small fleet for the pages of the console: images of every state, a lineage, hostile texts. */
public final class ConsoleScene {
  /** What tries to be more than a text. */
  static final String HOSTILE =
      "<img src=x onerror=alert(1)>\u202Egnp\u0007 ${7*7} '\"><script>x</script>";

  private static final OperatingSystem DEBIAN =
      new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5");

  static final UpdatePlan PLAN =
      new UpdatePlan(
          List.of(
              new Change(ChangeKind.OS, "base-files", "amd64", "12.4+deb12u5", "12.4+deb12u12"),
              new Change(
                  ChangeKind.OS,
                  "openssl",
                  "amd64",
                  "3.0.11-1",
                  "3.0.17-1~deb12u2",
                  true,
                  List.of()),
              new Change(ChangeKind.DRIVER, "linux-image-amd64", "amd64", "6.1.76-1", "6.1.148-1"),
              new Change(ChangeKind.AGENT, "example-agent", "all", "1.0.0", "2.0.0")),
          false,
          List.of(new KeptBack("tzdata", "all", "2024a", "2025b", KeptBack.ON_HOLD)),
          List.of(
              new PackageChange(
                  PackageChange.Kind.ADDED, "linux-image-6.1.0-38-amd64", "", "6.1.148-1", "")),
          List.of());

  private final ServerFixture server;

  private final String text;

  /** With texts that try to be more than that. */
  ConsoleScene(ServerFixture server) {
    this(server, HOSTILE);
  }

  /**
   * @param text stands where guests and strangers write
   */
  ConsoleScene(ServerFixture server, String text) {
    this.server = server;
    this.text = text;
  }

  /** Serves the scene until it is ended, and writes where into a file. */
  public static void main(String[] args) throws Exception {
    Path data = Files.createTempDirectory("console-scene");
    try (ServerFixture server = new ServerFixture(data)) {
      new ConsoleScene(server, args.length > 1 ? args[1] : HOSTILE).build();
      Files.writeString(
          Path.of(args[0]),
          """
          {"url": "http://127.0.0.1:%d", "key": "%s", "secret": "%s", "readOnlyKey": "%s", "readOnlySecret": "%s"}
          """
              .formatted(
                  server.port(),
                  server.key.id(),
                  server.key.secret(),
                  server.readOnlyKey.id(),
                  server.readOnlyKey.secret()));
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  void build() throws Exception {
    Image first = golden("office-2026-06", inventory(0), 2_400_000_000L, 150);
    Image second = updated(first, "office-2026-08", inventory(1), 310_000_000L, 90);
    Image third = updated(second, "office-2026-10", inventory(2), 184_000_000L, 31);
    boot(third);
    running(third, "office-2026-11");
    failed(second, "office-2026-09");
    golden("kiosk", inventory(1), 1_900_000_000L, 45);
    golden("render-node", inventory(2), 3_100_000_000L, 3);
    judge(first, "OUTDATED", 121, 14, 66);
    judge(second, "OUTDATED", 4, 1, 1);
    judge(third, "CURRENT", 0, 0, 0);
    server.database.useTransaction(handle -> {
      server.quotas.tag(
          handle,
          server.owner("us-east-1"),
          third.arn(),
          Map.of("team", "desktop", "stage", "production", "note", text));
      Images.insert(
          handle,
          Image.importing(
              server.owner("us-east-1"),
              "windows-2022",
              Optional.of("Windows Server 2022"),
              Optional.empty(),
              List.of(),
              Instant.now().minus(2, ChronoUnit.MINUTES)));
    });
  }

  /**
   * Adds channels: one that offered openssl 3.0.15-1 on 1 March and offers a newer one since 2
   * April, one with a catalogue, and one whose server is not there.
   *
   * @param directory for the repository
   */
  void channels(Path directory, String newest) throws Exception {
    ChannelStore channels = new ChannelStore(server.data, Clock.systemUTC());
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(directory.resolve("repository")))) {
      channels.add(new Channel("debian-12", "DEBIAN_12", List.of(repository.source(key))));
      offer(channels, repository, key, "3.0.15-1", "2026-03-01T09:00:00Z");
      offer(channels, repository, key, newest, "2026-04-02T09:00:00Z");
    }
    Inventories inventories = new Inventories(server.database);
    server.database.useTransaction(handle -> {
      String digest =
          Images.require(handle, server.owner("us-east-1"), "kiosk")
              .disk()
              .orElseThrow()
              .inventory();
      PackageIndex.add(handle, Map.of(digest, inventories.load(handle, digest)));
    });
  }

  private void offer(
      ChannelStore channels, TestRepository repository, TestKey key, String version, String time)
      throws Exception {
    repository.publish(key, Map.of(), List.of(new Deb("openssl", version)));
    var _ = channels.refresh("debian-12");
    var _ =
        new EarlierSnapshots(
                server.database,
                channels,
                new EarlierSnapshots.Limits(Duration.ofDays(90), 1L << 30),
                Clock.fixed(Instant.parse(time), ZoneOffset.UTC))
            .record();
  }

  /** Adds what is on no page yet: a catalogue, an upload that was cut off, a view, a node. */
  void more(Path directory) throws Exception {
    ChannelStore channels = new ChannelStore(server.data, Clock.systemUTC());
    channels.add(
        new Channel("windows-2022", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64"))));
    Catalogue catalogue = Catalogue.of(channels, "windows-2022");
    Path driver =
        WindowsPackages.driver(
            directory, "netkvm.inf", "06/21/2026,100.95.104.26200", "PCI\\VEN_1AF4&DEV_1041");
    try (Catalogue.Incoming incoming = catalogue.read(driver, Optional.empty())) {
      var _ = catalogue.add(incoming, incoming.packages());
    }
    var _ =
        server.uploads.begin(
            server.account.id(), new DiskQuota(100, 1L << 40), OptionalLong.of(5L << 30));
    var _ =
        new SavedViews(server.database)
            .put(server.account.id(), new SavedViews.View("Office", "sort=&q=office"));
    server.shownNodes = new OneNode();
  }

  /**
   * Adds policies of every kind, with what they did: moves of an alias and of a ring, runs, a
   * deletion that can be undone, a revocation, deliveries that fail. The channels have to be there.
   */
  void policies() {
    Owner owner = server.owner("us-east-1");
    String key = server.key.id();
    server.database.useTransaction(handle -> {
      for (String image : List.of("office-2026-08", "office-2026-10")) {
        set(handle, "office/prod", image);
      }
      set(handle, "office/latest", "office-2026-10");
      set(handle, "kiosk/latest", "kiosk");
    });
    var _ = golden("thin-client-1", inventory(0), 1_200_000_000L, 200);
    var _ = golden("thin-client-2", inventory(1), 1_300_000_000L, 20);
    server.database.useTransaction(handle -> {
      join(handle, "thin", "thin-client-1");
      join(handle, "thin", "thin-client-2");
    });
    schedule("nightly", "office", "security", "0 2 * * *");
    schedule("kiosks", "kiosk*", "kernel", "30 3 * * sat");
    Schedule nightly = server.database.read(handle -> Schedules.require(handle, owner, "nightly"));
    var _ = server.policies.scheduler().runNow(nightly, key);
    server.database.useTransaction(handle ->
        handle.execute(
            "UPDATE schedule SET enabled = FALSE, disabled_why = ? WHERE name = 'kiosks'",
            "3 updates in a row failed; the last one: " + text));
    Rings rings = server.fleet.rings();
    var _ = rings.add("debian-12", "dev", Optional.empty(), Ring.Gates.OPEN);
    var _ =
        rings.add("debian-12", "test", Optional.of("dev"), new Ring.Gates(1, Duration.ofDays(365)));
    var _ = rings.add("debian-12", "prod", Optional.of("test"), new Ring.Gates(2, Duration.ZERO));
    var _ = rings.assign("debian-12", "prod", owner, "kiosk");
    var _ = server.fleet.promotions().promote("debian-12", "dev", "test", key, Optional.of(text));
    Retentions retentions = server.fleet.retentions();
    RetentionRule newest =
        new RetentionRule(1, Duration.ofDays(30), Duration.ZERO, RetentionRule.USUAL_UNDO);
    var _ = retentions.set(owner, "office", newest, false);
    var _ = retentions.set(owner, "thin", newest, true);
    var _ = retentions.run(owner, Optional.of("thin"), Optional.empty(), key);
    Revocations revocations = server.fleet.revocations();
    var _ = revocations.revoke(owner, revocations.image(owner, "thin-client-2"), true, text, key);
    server.database.useTransaction(handle -> {
      server
          .policies
          .notices()
          .add(
              handle,
              owner,
              "chat",
              Map.of("to", "https://127.0.0.1/regild", "events", List.of("image.update-failed")),
              Instant.now());
      handle.execute("UPDATE notice SET delivered = 12, given_up = 1, problem = ?", text);
    });
  }

  /** The page of the one revocation. */
  String revocationPage() {
    return "/console/revocations/"
        + server.fleet.revocations().list(server.owner("us-east-1")).getFirst().revocation().id();
  }

  /** Has an alias name an image. */
  void set(Handle handle, String alias, String image) {
    var _ =
        Aliases.set(
            handle,
            server.owner("us-east-1"),
            AliasName.parse(alias),
            image,
            server.key.id(),
            Instant.now());
  }

  private void join(Handle handle, String line, String image) {
    Owner owner = server.owner("us-east-1");
    var _ =
        Lines.add(handle, owner, line, Images.requireOwned(handle, owner, image), Instant.now());
  }

  private void schedule(String name, String line, String condition, String cron) {
    JsonNode spec =
        JsonMapper.shared()
            .valueToTree(Map.of("lines", line, "cron", cron, "when", Map.of(condition, true)));
    Schedules schedules = server.policies.schedules();
    server.database.useTransaction(handle ->
        schedules.add(
            handle,
            server.owner("us-east-1"),
            name,
            schedules.canonical(name, spec),
            Instant.now()));
  }

  /** A node that runs a job. */
  private static final class OneNode implements Nodes {
    @Override
    public List<Node> list() {
      return List.of(
          new Node(
              "rack-7",
              "rack-7.example",
              "1.2.3",
              "worker",
              Instant.now().minus(9, ChronoUnit.DAYS),
              Instant.now(),
              Node.State.RUNNING,
              false,
              4,
              1,
              Ability.bits(EnumSet.of(Ability.TOOLS, Ability.VM, Ability.KVM)),
              212L << 30,
              "KVM",
              "VM",
              Optional.empty()));
    }

    @Override
    public boolean setDraining(String name, boolean draining) {
      return name.equals("rack-7");
    }

    @Override
    public Optional<String> waiting(Handle handle, String job) {
      return Optional.empty();
    }
  }

  /** The page of what the channel's newest snapshot brought. */
  String snapshotPage() {
    return server.database.read(handle ->
        "/console/channels/debian-12/snapshots/"
            + SnapshotHistory.list(handle, "debian-12").getFirst().digest());
  }

  /** What was seen of an image's boot. */
  private void boot(Image image) {
    server.database.useTransaction(handle ->
        BootRecords.put(
            handle,
            image.id(),
            new BootEvidence(
                image.created(),
                Duration.ofMillis(13_250),
                "[    0.000000] Linux version 6.1.0-38-amd64\n%s\n\nDebian GNU/Linux 12 office ttyS0\n\noffice login:"
                    .formatted(text),
                Optional.of(screen()))));
  }

  /** Returns a picture as QEMU takes it of a Debian without a desktop. */
  static byte[] screen() {
    return Screen.PNG.clone();
  }

  /** Drawn once for all tests of a process. */
  private static final class Screen {
    static final byte[] PNG = drawn();

    private static byte[] drawn() {
      BufferedImage image = new BufferedImage(720, 400, BufferedImage.TYPE_INT_RGB);
      Graphics2D pen = image.createGraphics();
      pen.setColor(Color.LIGHT_GRAY);
      pen.setFont(new Font(Font.MONOSPACED, Font.PLAIN, 14));
      pen.drawString("Debian GNU/Linux 12 office tty1", 0, 16);
      pen.drawString("office login: _", 0, 48);
      pen.dispose();
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      try {
        ImageIO.write(image, "png", png);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return png.toByteArray();
    }
  }

  /** As the judge writes it. */
  private void judge(Image image, String state, int changes, int security, int cves) {
    server.database.useTransaction(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO verdict (
                  inventory_digest, platform, basis, judged_at, state, reason, changes,
                  security_changes, fixable_cves, fixable_kernel_cves, fixable_unknown,
                  changelogs_at)
                VALUES (:inventory, 'DEBIAN_12', 'x', 0, :state, '', :changes, :security, :cves,
                  0, 0, 0)
                """)
            .bind("inventory", image.disk().orElseThrow().inventory())
            .bind("state", state)
            .bind("changes", changes)
            .bind("security", security)
            .bind("cves", cves)
            .execute());
  }

  /**
   * Of the first image, of one that {@link #PLAN} would change, or of one that it has changed.
   *
   * @param age 0, 1 or 2
   */
  private Inventory inventory(int age) {
    List<InstalledPackage> packages = new ArrayList<>();
    for (int i = 0; i < 116; i++) {
      int version = i % 10 == 0 && age > 0 ? i + 1 : i;
      packages.add(
          installed("lib-example-%03d".formatted(i), "amd64", "1.%d-1".formatted(version)));
    }
    packages.add(installed("tzdata", "all", "2024a"));
    for (Change change : PLAN.changes()) {
      packages.add(
          installed(change.name(), change.architecture(), age < 2 ? change.from() : change.to()));
    }
    if (age == 2) {
      packages.add(installed("linux-image-6.1.0-38-amd64", "amd64", "6.1.148-1"));
    }
    if (text.equals(HOSTILE)) {
      packages.add(installed(text, text, text));
    }
    return new Inventory(DEBIAN, "amd64", packages);
  }

  private static InstalledPackage installed(String name, String architecture, String version) {
    return new InstalledPackage(name, architecture, version, false);
  }

  private Image golden(String name, Inventory inventory, long bytes, int days) {
    Image image =
        Image.importing(
            server.owner("us-east-1"),
            name,
            Optional.of(name.startsWith("office") ? "Office desktop" : "Debian 12"),
            Optional.of("Debian with the office suite, made by the desktop team"),
            List.of(application("writer"), application("calc")),
            Instant.now().minus(days, ChronoUnit.DAYS));
    return published(image, inventory, bytes, Optional.empty());
  }

  private static Application application(String name) {
    return new Application(
        name,
        Optional.of("LibreOffice " + name),
        Optional.empty(),
        Optional.of("/usr/bin/libreoffice --" + name),
        Optional.empty(),
        true,
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        Optional.empty());
  }

  private Image updated(Image from, String name, Inventory inventory, long bytes, int days) {
    Image image =
        from.updated(
            name,
            Optional.of("Office desktop"),
            Optional.empty(),
            "sha256:" + "1".repeat(64),
            Instant.now().minus(days, ChronoUnit.DAYS));
    server.database.useTransaction(handle -> {
      Images.insert(handle, image);
      server.updates.start(handle, image, from, "sha256:" + "1".repeat(64), PLAN);
      int attempt = server.updates.beginAttempt(handle, image.id());
      int ordinal = 1;
      for (String step :
          List.of("Prepare", "Resolve", "Fetch", "Apply", "Verify", "Seal", "Qualify", "Publish")) {
        server.steps.begin(handle, image.id(), attempt, ordinal, step);
        server.steps.done(handle, image.id(), attempt, ordinal, "done as planned");
        ordinal++;
      }
      server.updates.succeeded(handle, image.id());
      Changelogs.record(
          handle,
          image.id(),
          new Fixes(
              List.of(
                  new SourceFixes(
                      "openssl",
                      "3.0.11-1",
                      "3.0.17-1~deb12u2",
                      List.of("openssl"),
                      false,
                      "",
                      List.of(
                          new FixedCve(
                              "CVE-2026-1234", "3.0.17-1", "Fix a use after free in " + text)),
                      List.of()))));
    });
    return publishedOn(image, inventory, bytes, from.disk().orElseThrow().layer());
  }

  private Image published(Image image, Inventory inventory, long bytes, Optional<String> base) {
    server.database.useTransaction(handle -> Images.insert(handle, image));
    return base.isEmpty() ? publishedOn(image, inventory, bytes, "") : image;
  }

  private Image publishedOn(Image image, Inventory inventory, long bytes, String base) {
    return server.database.inTransaction(handle -> {
      String layer = "layer-" + image.name();
      LayerRecords.insert(
          handle,
          new Layer(
              layer,
              Optional.of(base).filter(it -> !it.isEmpty()),
              bytes,
              20L << 30,
              "ab".repeat(32),
              1));
      return Images.publish(
          handle,
          Images.requireById(handle, image.id()),
          new PublishedDisk(
              new ImageDisk(
                  layer,
                  new Inventories(server.database).store(handle, inventory),
                  new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
              "DEBIAN_12",
              Optional.of("2.0.0"),
              Optional.of(
                  new Qualification("6.1.0-38-amd64", "degraded", List.of("lm-sensors.service")))));
    });
  }

  private void running(Image from, String name) {
    Image image =
        from.updated(
            name,
            Optional.of("Office desktop"),
            Optional.empty(),
            "sha256:" + "2".repeat(64),
            Instant.now());
    server.database.useTransaction(handle -> {
      Images.insert(handle, image);
      server.updates.start(handle, image, from, "sha256:" + "2".repeat(64), PLAN);
      int attempt = server.updates.beginAttempt(handle, image.id());
      step(handle, image, attempt, 1, "Prepare", true);
      step(handle, image, attempt, 2, "Resolve", true);
      step(handle, image, attempt, 3, "Fetch", true);
      step(handle, image, attempt, 4, "Apply", false);
    });
  }

  private void step(
      Handle handle, Image image, int attempt, int ordinal, String name, boolean done) {
    server.steps.begin(handle, image.id(), attempt, ordinal, name);
    if (done) {
      server.steps.done(handle, image.id(), attempt, ordinal, "");
    } else {
      server.steps.progress(handle, image.id(), attempt, ordinal, 0.4, "Unpacking " + text);
    }
  }

  private void failed(Image from, String name) {
    Image image =
        from.updated(
            name, Optional.of(text), Optional.of(text), "sha256:" + "2".repeat(64), Instant.now());
    server.database.useTransaction(handle -> {
      Images.insert(handle, image);
      server.updates.start(handle, image, from, "sha256:" + "2".repeat(64), PLAN);
      int attempt = server.updates.beginAttempt(handle, image.id());
      server.steps.begin(handle, image.id(), attempt, 1, "Apply");
      server.steps.failed(handle, image.id(), attempt, 1, text);
      server.updates.failed(handle, image.id());
      var _ =
          Images.fail(
              handle,
              image,
              new StateChangeReason(StateChangeReason.Code.INTERNAL_ERROR, text),
              List.of());
    });
  }
}
