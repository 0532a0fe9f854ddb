package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.SentDisk;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.Upload;
import dev.regild.cli.terminal.Progress;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskPreview;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "import",
    description =
        "Uploads a disk and imports it as an image. The file is a qcow2, raw, vmdk or"
            + " vhdx disk, which may be compressed (.gz, .xz, .zst, .bz2) or in a tar archive,"
            + " or an OVA with one disk.",
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  /** The API wants a role; here it has no meaning. */
  private static final String ROLE = "arn:aws:iam::000000000000:role/regild";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "FILE", description = "The disk.")
  Path file = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The name of the image. Default: the name in the OVF file of an OVA.")
  @Nullable String name;

  @Option(
      names = "--display-name",
      paramLabel = "TEXT",
      description = "The display name of the image. Default: the name in the OVF file of an OVA.")
  @Nullable String displayName;

  @Option(
      names = "--description",
      paramLabel = "TEXT",
      description =
          "A description of the image. Default: the annotation in the OVF file of an OVA.")
  @Nullable String description;

  @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag; may be repeated.")
  Map<String, String> tags = new LinkedHashMap<>();

  @Option(
      names = "--validate",
      description =
          "Boot the image on a throw-away layer before it becomes AVAILABLE. If it does"
              + " not boot, it becomes FAILED.")
  boolean validate;

  @Option(
      names = "--wait",
      description = "Wait until the image is AVAILABLE or FAILED, and show each step.")
  boolean wait;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    DiskPreview preview = preview();
    MachineLabel machine = preview.machine().map(MachineLabel::of).orElse(MachineLabel.NONE);
    Map<String, Object> request = request(machine);
    String image = String.valueOf(request.get("Name"));
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    client.submit("/regild/v1/import-checks?bytes=" + preview.diskBytes(), request);
    Progress progress = new Progress(out, Progress.onTerminal());
    SentDisk disk = new Upload(file, progress).send(client);
    String state = disk.importAs(request, progress).path("State").asString("");
    if (!wait) {
      out.printf("%s is %s.%n", image, state);
      return 0;
    }
    JsonNode finished = JobProgress.await(client, image, out);
    out.printf("%s is AVAILABLE: %s.%n", image, finished.path("Platform").asString(""));
    return 0;
  }

  /** What can be refused is refused before anything is sent. */
  private DiskPreview preview() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException("No such file: " + file + ".");
    }
    try {
      return DiskPreview.of(file);
    } catch (UnfitDiskException e) {
      throw new IOException("%s can't be imported: %s.".formatted(file, e.getMessage()), e);
    }
  }

  private Map<String, Object> request(MachineLabel machine) {
    Map<String, Object> request = new HashMap<>();
    request.put("Name", named(machine));
    request.put("IamRoleArn", ROLE);
    Optional.ofNullable(displayName)
        .or(machine::displayName)
        .ifPresent(text -> request.put("DisplayName", text));
    Optional.ofNullable(description)
        .or(machine::description)
        .ifPresent(text -> request.put("Description", text));
    if (validate) {
      request.put("RuntimeValidationConfig", Map.of());
    }
    if (!tags.isEmpty()) {
      request.put("Tags", tags);
    }
    return request;
  }

  private String named(MachineLabel machine) {
    return Optional.ofNullable(name)
        .or(machine::name)
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(), "Missing option: give the image a name with --name=NAME."));
  }
}
