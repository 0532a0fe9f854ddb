package dev.regild.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "import",
    description = "Uploads a disk (qcow2, raw, vmdk or vhdx) and imports it as an image.",
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  /** The API wants a role; here it has no meaning. */
  private static final String ROLE = "arn:aws:iam::000000000000:role/regild";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin Connection connection = new Connection();

  @Parameters(paramLabel = "FILE", description = "The disk.")
  Path file = Path.of("");

  @Option(names = "--name", paramLabel = "NAME", required = true, description = "The image's name.")
  String name = "";

  @Option(names = "--display-name", paramLabel = "TEXT", description = "The display name.")
  @Nullable String displayName;

  @Option(names = "--description", paramLabel = "TEXT", description = "For people.")
  @Nullable String description;

  @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag; may be repeated.")
  Map<String, String> tags = new LinkedHashMap<>();

  @Option(
      names = "--validate",
      description =
          "Boot the image on a throw-away layer before it is AVAILABLE; if it does not come up, it"
              + " is FAILED.")
  boolean validate;

  @Option(
      names = "--wait",
      description = "Show each step, and wait until the image is AVAILABLE or FAILED.")
  boolean wait;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (!Files.isRegularFile(file)) {
      throw new FileNotFoundException("No such file: " + file + ".");
    }
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    Upload upload = new Upload(file, new Progress(out, Progress.onTerminal()));
    String disk = upload.send(client);
    JsonNode image = client.call("CreateImportedImage", request(disk)).path("Image");
    if (!wait) {
      out.printf("%s is %s.%n", name, image.path("State").asString(""));
      return 0;
    }
    JsonNode finished = JobProgress.await(client, name, out);
    out.printf("%s is AVAILABLE: %s.%n", name, finished.path("Platform").asString(""));
    return 0;
  }

  private Map<String, Object> request(String disk) {
    Map<String, Object> request = new HashMap<>();
    request.put("Name", name);
    request.put("SourceAmiId", disk);
    request.put("IamRoleArn", ROLE);
    if (displayName != null) {
      request.put("DisplayName", displayName);
    }
    if (description != null) {
      request.put("Description", description);
    }
    if (validate) {
      request.put("RuntimeValidationConfig", Map.of());
    }
    if (!tags.isEmpty()) {
      request.put("Tags", tags);
    }
    return request;
  }
}
