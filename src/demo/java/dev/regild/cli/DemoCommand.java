package dev.regild.cli;

import dev.regild.apt.AptSource;
import dev.regild.apt.HostSources;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.Upload;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.terminal.Progress;
import dev.regild.cli.terminal.Times;
import dev.regild.console.session.Sessions;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.demo.DebianRelease;
import dev.regild.demo.GoldenImage;
import dev.regild.disk.ByteCount;
import dev.regild.files.FileTree;
import dev.regild.files.Umask;
import dev.regild.machine.Accelerator;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.ProgramException;
import dev.regild.server.RegildServer;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "demo",
    description = "Creates an out-of-date golden image and updates it, from start to finish.",
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
  private static final String IMAGE = "golden";
  private static final String UPDATED = "golden-updated";
  private static final int QUESTIONS = 100;
  private static final String AGAIN = "golden-updated-again";

  private static final Path OS_RELEASE = Path.of("/etc/os-release");

  /** In a directory that a demo made, so that no other directory is ever emptied. */
  private static final String MARK = ".made-by-regild-demo";

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The demo's data directory: a new one, or that of an earlier demo, which is"
              + " emptied first. Default: a directory in the cache.")
  @Nullable Path data;

  @Option(
      names = "--cluster",
      description =
          "Show three nodes that share a PostgreSQL and an S3 server, and an update whose worker is"
              + " killed.")
  boolean cluster;

  private DemoCommand() {}

  /** The process of {@code ./regild demo}. */
  public static void main(String[] args) {
    CommandLine demo = new CommandLine(new DemoCommand()).setCommandName("regild demo");
    Regild.exit((out, err) -> Regild.execute(demo, out, err, args));
  }

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    Path cache = GoldenImage.defaultCache(System.getenv());
    DebianRelease release = DebianRelease.ofMachine(Files.readString(OS_RELEASE));
    List<AptSource> sources = new HostSources().forPlatform(release.platform()).sources();
    String ownDirectory = cluster ? "demo-cluster" : "demo";
    Path directory = emptied(data == null ? cache.resolve(ownDirectory) : data);

    title("An out-of-date golden image");
    // What is made here becomes the files of a system; what the server writes is for us alone.
    Umask.ofASystem();
    AgentRepository agent = AgentRepository.open(cache.resolve("agent-repository"));
    agent.publish(AgentPackage.version("1.0.0"), AgentPackage.version("2.0.0"));
    Path golden = new GoldenImage(release, cache, line -> out().println("  " + line)).full(agent);
    out().println("  " + golden + ", " + ByteCount.text(Files.size(golden)));

    Umask.ownerAlone();

    if (cluster) {
      new ClusterDemo(directory, cache.resolve("s3proxy"), isolation(directory), out())
          .show(golden, data -> addChannel(data, release, sources, agent));
      out().printf("%nDone in %s.%n", Times.text(since(start)));
      return 0;
    }
    title("A server for the demo");
    Config config = config(directory);
    addChannel(directory, release, sources, agent);
    Logging.start(config.logFormat(), directory.resolve("server.log"));
    try (RegildServer server = RegildServer.start(config)) {
      ServerConnection connection = new ServerConnection();
      connection.data = directory;
      connection.endpoint = URI.create("http://127.0.0.1:" + server.port());
      out().println("  " + connection.endpoint + ", data in " + directory);
      renew(connection.client(), golden);
    }
    out().printf("%nDone in %s.%n", Times.text(since(start)));
    goOn(directory, loginCode(directory));
    return 0;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void title(String text) {
    out().printf("%n== %s%n", text);
    out().flush();
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static Path emptied(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath();
    if (Files.exists(absolute)) {
      if (!Files.exists(absolute.resolve(MARK))) {
        throw new IOException(
            absolute
                + " was not created by a demo. Name a directory that does not exist: --data DIR");
      }
      FileTree.remove(absolute);
    }
    Files.createDirectories(absolute);
    Files.createFile(absolute.resolve(MARK));
    return absolute;
  }

  private Config config(Path directory)
      throws ConfigException, ProgramException, InterruptedException {
    Map<String, String> flags = new HashMap<>();
    flags.put("data", directory.toString());
    flags.put("listen", "127.0.0.1:0");
    flags.put("isolation", isolation(directory));
    return Config.read(Optional.empty(), Map.of(), flags);
  }

  private String isolation(Path directory) throws ProgramException, InterruptedException {
    AcceleratorProbe.Verdict verdict =
        new AcceleratorProbe(directory.resolve("accelerator")).verdict();
    String isolation = verdict.accelerator() == Accelerator.KVM ? "vm" : "namespace";
    out()
        .printf(
            "  isolation %s: %s%n",
            isolation,
            verdict.accelerator() == Accelerator.KVM
                ? verdict.reason()
                : verdict.reason() + ". The disk is the demo's own, so this host may mount it.");
    return isolation;
  }

  private void addChannel(
      Path directory, DebianRelease release, List<AptSource> ofHost, AgentRepository agent)
      throws IOException, ChannelException, InterruptedException {
    String name = "debian-" + release.number();
    List<PackageSource> sources = new ArrayList<>(ofHost);
    sources.add(
        new AptSource(
            List.of(agent.root().toUri().toString().replaceFirst("^file:/+", "file:///")),
            List.of(AgentRepository.SUITE),
            List.of(AgentRepository.COMPONENT),
            List.of(AptSource.hostArchitecture()),
            agent.keyring().toAbsolutePath().toString()));
    ChannelStore channels = new ChannelStore(directory, Clock.systemUTC());
    channels.add(
        new Channel(
            name,
            release.platform(),
            sources,
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Channel.DEFAULT_REFRESH_INTERVAL));
    long start = System.nanoTime();
    channels.refresh(name);
    out().printf("  channel %s verified and in place in %s%n", name, Times.text(since(start)));
  }

  private void renew(ApiClient client, Path golden)
      throws ServerRefusalException, IOException, InterruptedException {
    title("The disk becomes an image");
    importDisk(client, golden);

    title("What would an update change? (dryRun)");
    ask(client, IMAGE, UPDATED);

    title("The update");
    long start = System.nanoTime();
    client.call(
        "CreateUpdatedImage",
        Map.of(
            "existingImageName",
            IMAGE,
            "newImageName",
            UPDATED,
            "newImageDisplayName",
            "Golden image, updated",
            "newImageTags",
            Map.of("made-by", "regild demo")));
    JsonNode image = JobProgress.await(client, UPDATED, out());
    out().printf("%-10s %9s%n", "in all", Times.text(since(start)));

    title("The outcome");
    out().println(image.toPrettyString());
    outcome(client.get("/regild/v1/images/" + UPDATED));

    title("Is the new image up to date? (dryRun)");
    ask(client, UPDATED, AGAIN);
  }

  private void importDisk(ApiClient client, Path golden)
      throws ServerRefusalException, IOException, InterruptedException {
    long start = System.nanoTime();
    String disk = new Upload(golden, new Progress(out(), Progress.onTerminal())).send(client).id();
    client.call(
        "CreateImportedImage",
        Map.of(
            "Name",
            IMAGE,
            "SourceAmiId",
            disk,
            "IamRoleArn",
            "arn:aws:iam::000000000000:role/demo",
            "DisplayName",
            "Golden image"));
    JsonNode image = JobProgress.await(client, IMAGE, out());
    out()
        .printf(
            "  %s is AVAILABLE: %s, agent %s, in %s%n",
            IMAGE,
            image.path("Platform").asString(""),
            image.path("AppstreamAgentVersion").asString("-"),
            Times.text(since(start)));
  }

  private void ask(ApiClient client, String existing, String newName)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> question =
        Map.of("existingImageName", existing, "newImageName", newName, "dryRun", true);
    boolean canUpdate =
        client.call("CreateUpdatedImage", question).path("canUpdateImage").asBoolean(false);
    long[] nanos = new long[QUESTIONS];
    for (int i = 0; i < QUESTIONS; i++) {
      long start = System.nanoTime();
      client.call("CreateUpdatedImage", question);
      nanos[i] = since(start).toNanos();
    }
    Arrays.sort(nanos);
    if (canUpdate) {
      new PlanTable(client.post("/regild/v1/plan", Map.of("image", existing))).print(out());
    }
    out()
        .printf(
            "%s: canUpdateImage=%s, answered in %.1f ms (median of %d answers)%n",
            existing, canUpdate, nanos[QUESTIONS / 2] / 1e6, QUESTIONS);
  }

  private void outcome(JsonNode image) {
    JsonNode made = image.path("lineage").path(0);
    JsonNode base = image.path("lineage").path(1);
    long bytes = made.path("layerBytes").asLong(0);
    long baseBytes = base.path("layerBytes").asLong(1);
    out()
        .printf(
            "%d changes. Booted with the kernel %s, system %s.%n",
            made.path("changes").size(),
            image.path("qualification").path("kernel").asString("?"),
            image.path("qualification").path("systemState").asString("?"));
    out()
        .printf(
            "The new layer takes %s, %d %% of its base's %s.%n",
            ByteCount.text(bytes), 100 * bytes / baseBytes, ByteCount.text(baseBytes));
  }

  /** A code that logs in to the console once, with the demo's key. */
  private static String loginCode(Path directory) throws IOException {
    LocalRegistry registry = new LocalRegistry();
    registry.data = directory;
    try (LocalRegistry.Opened opened = registry.open()) {
      String account = opened.accounts().list().getFirst().id();
      String key = opened.accounts().keys(account).getFirst().id();
      return new Sessions(opened.database(), Clock.systemUTC()).newCode(key, "us-east-1");
    }
  }

  private void goOn(Path directory, String code) {
    out()
        .printf(
            """

            Continue with the same images:
              ./regild serve --data %1$s
              ./regild images --data %1$s
              ./regild show %2$s --data %1$s

            The same question with the AWS CLI:
              AWS_SHARED_CREDENTIALS_FILE=%1$s/credentials \\
                aws appstream create-updated-image --endpoint-url http://127.0.0.1:8790 \\
                --region us-east-1 --existing-image-name %2$s --new-image-name next --dry-run

            And with boto3:
              AWS_SHARED_CREDENTIALS_FILE=%1$s/credentials python3 -c '
              import boto3
              client = boto3.client("appstream", region_name="us-east-1",
                                    endpoint_url="http://127.0.0.1:8790")
              print(client.create_updated_image(existingImageName="%2$s",
                                                newImageName="next", dryRun=True))'

            The console, while ./regild serve --data %1$s runs. This link logs you in once, within
            half an hour. After that, log in with the key in %1$s/credentials:
              http://127.0.0.1:8790/console/login?code=%3$s
            """,
            directory, UPDATED, code);
  }
}
