package dev.regild.e2e;

import static java.util.function.Predicate.not;

import dev.regild.apt.AptSource;
import dev.regild.apt.HostSources;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.disk.QemuImg;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.machine.Accelerator;
import dev.regild.server.RegildServer;
import dev.regild.server.config.Config;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Isolation;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;

/** A server of this process, with one channel. */
final class LocalServer implements AutoCloseable {
  static final String REGION = "eu-central-1";
  static final String CHANNEL = "channel";
  private static final Duration FINISHED = Duration.ofMinutes(30);

  private final Path data;
  private final RegildServer server;
  private final AwsBasicCredentials key;
  private final ChannelStore channels;

  private LocalServer(Path data, RegildServer server, ChannelStore channels) throws IOException {
    this.data = data;
    this.server = server;
    this.channels = channels;
    List<String> credentials =
        Files.readAllLines(data.resolve("credentials")).stream()
            .filter(line -> line.contains(" = "))
            .map(line -> line.split(" = ", 2)[1])
            .filter(not(String::isEmpty))
            .toList();
    this.key = AwsBasicCredentials.create(credentials.get(0), credentials.get(1));
  }

  /**
   * Starts one that services disks in namespaces.
   *
   * @param data an empty directory
   * @param agent what the channel offers beside this machine's Debian repositories
   */
  static LocalServer start(Path data, AgentRepository agent) throws Exception {
    return start(data, agent, Map.of());
  }

  /**
   * The same, with further settings.
   *
   * @param settings values of configuration keys
   */
  static LocalServer start(Path data, AgentRepository agent, Map<String, String> settings)
      throws Exception {
    List<PackageSource> sources =
        new ArrayList<>(new HostSources().forPlatform("DEBIAN_12").sources());
    sources.add(source(agent));
    return start(data, sources, Isolation.NAMESPACE, settings);
  }

  /** A repository on this machine as a channel's source. */
  static AptSource source(AgentRepository agent) {
    return source(agent, "file://" + agent.root().toAbsolutePath());
  }

  /** A repository as a channel's source, where it is served. */
  static AptSource source(AgentRepository agent, String uri) {
    return new AptSource(
        List.of(uri),
        List.of(AgentRepository.SUITE),
        List.of(AgentRepository.COMPONENT),
        List.of(AptSource.hostArchitecture()),
        agent.keyring().toAbsolutePath().toString());
  }

  /** Starts one with a channel of these sources for Debian 12. */
  static LocalServer start(Path data, List<PackageSource> sources, Isolation isolation)
      throws Exception {
    return start(data, sources, isolation, Map.of());
  }

  /**
   * The same, with further settings.
   *
   * @param settings values of configuration keys
   */
  static LocalServer start(
      Path data, List<PackageSource> sources, Isolation isolation, Map<String, String> settings)
      throws Exception {
    return start(data, channel("DEBIAN_12", sources, AgentPackage.NAME), isolation, settings);
  }

  /** A channel of these sources, with the package of its agent. */
  static Channel channel(String platform, List<PackageSource> sources, String agent) {
    return new Channel(
        CHANNEL,
        platform,
        sources,
        Channel.DEFAULT_DRIVER_PACKAGES,
        List.of(agent),
        Duration.ofDays(1));
  }

  /** Starts one with the channels that the data directory has: none if it is new. */
  static LocalServer start(Path data, Isolation isolation) throws Exception {
    return start(data, new ChannelStore(data, Clock.systemUTC()), isolation, Map.of());
  }

  /** Starts one with this channel. */
  static LocalServer start(
      Path data, Channel channel, Isolation isolation, Map<String, String> settings)
      throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(channel);
    channels.refresh(CHANNEL);
    return start(data, channels, isolation, settings);
  }

  private static LocalServer start(
      Path data, ChannelStore channels, Isolation isolation, Map<String, String> settings)
      throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put("data", data.toString());
    all.put("listen", "127.0.0.1:0");
    all.put("isolation", isolation.name().toLowerCase(Locale.ROOT));
    Config config = Config.read(Optional.empty(), Map.of(), all);
    return new LocalServer(data, RegildServer.start(config), channels);
  }

  /** Uploads a disk and makes an image of it; it is there, or has failed, when this returns. */
  Image importDisk(AppStreamClient client, String name, Path disk) throws Exception {
    String id = http().post("/regild/v1/disks", disk).path("diskId").asString();
    client.createImportedImage(
        r -> r.name(name).sourceAmiId(id).iamRoleArn("arn:aws:iam::123456789012:role/import"));
    return await(client, name);
  }

  /** What a dry run says of an image. */
  static boolean canUpdate(AppStreamClient client, String name) {
    return client
        .createUpdatedImage(r -> r.existingImageName(name).newImageName("next").dryRun(true))
        .canUpdateImage();
  }

  /** Waits until an image is there, or has failed. */
  static Image await(AppStreamClient client, String name) throws InterruptedException {
    Instant end = Instant.now().plus(FINISHED);
    while (Instant.now().isBefore(end)) {
      Image image = client.describeImages(r -> r.names(name)).images().getFirst();
      if (image.state() == ImageState.AVAILABLE || image.state() == ImageState.FAILED) {
        return image;
      }
      Thread.sleep(500);
    }
    throw new AssertionError(name + " was not finished within " + FINISHED);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  AwsBasicCredentials key() {
    return key;
  }

  AppStreamClient client() {
    return AppStreamClient.builder()
        .endpointOverride(endpoint())
        .region(Region.of(REGION))
        .httpClientBuilder(ApacheHttpClient.builder())
        .credentialsProvider(StaticCredentialsProvider.create(key))
        .build();
  }

  SignedHttp http() {
    return new SignedHttp(endpoint(), key, REGION);
  }

  Snapshot snapshot() throws Exception {
    return channels.current(CHANNEL).orElseThrow();
  }

  /** Where an image's own layer lies. */
  Path layer(String imageArn) throws IOException {
    return data.resolve("layers").resolve(disk(imageArn).layer() + ".qcow2");
  }

  /** What is left of unfinished jobs; an image is there a moment before its job's files go. */
  List<Path> unfinished() throws IOException, InterruptedException {
    Instant limit = Instant.now().plusSeconds(120);
    while (true) {
      try (var files = Files.list(data.resolve("work"))) {
        List<Path> left = files.toList();
        if (left.isEmpty() || Instant.now().isAfter(limit)) {
          return left;
        }
      }
      Thread.sleep(100);
    }
  }

  /**
   * Opens an image on a layer that is thrown away.
   *
   * @param directory for that layer and what the guest needs
   */
  Guest open(String imageArn, Path directory) throws Exception {
    Path overlay = Files.createDirectories(directory).resolve("overlay.qcow2");
    QemuImg.createOverlay(layer(imageArn), overlay);
    Guests guests = new Guests(Isolation.NAMESPACE, () -> Accelerator.TCG, Duration.ofMinutes(5));
    return guests.open(overlay, disk(imageArn).layout(), directory.resolve("guest"), abort -> {});
  }

  private ImageDisk disk(String imageArn) throws IOException {
    try (Database database = Database.open(data.resolve("regild.db"))) {
      return database
          .read(handle -> Images.findByArn(handle, imageArn))
          .flatMap(image -> image.disk())
          .orElseThrow();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
