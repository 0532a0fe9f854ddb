package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
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
    name = "update",
    description = "Creates an up-to-date image from an existing one.",
    mixinStandardHelpOptions = true)
final class UpdateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(index = "0", paramLabel = "NAME", description = "The name of the existing image.")
  String name = "";

  @Parameters(index = "1", paramLabel = "NEW", description = "The name of the new image.")
  String newName = "";

  @Option(
      names = "--display-name",
      paramLabel = "TEXT",
      description = "The display name of the new image.")
  @Nullable String displayName;

  @Option(
      names = "--description",
      paramLabel = "TEXT",
      description = "A description of the new image.")
  @Nullable String description;

  @Option(names = "--tag", paramLabel = "KEY=VALUE", description = "A tag; may be repeated.")
  Map<String, String> tags = new LinkedHashMap<>();

  @Option(names = "--dry-run", description = "Show what would change, and change nothing.")
  boolean dryRun;

  @Mixin DataOutput output = new DataOutput();

  @Option(
      names = "--wait",
      description = "Wait until the image is AVAILABLE or FAILED, and show each step.")
  boolean wait;

  @Option(
      names = "--allow-removals",
      description = "Allow the update to remove packages that were installed by hand.")
  boolean allowRemovals;

  @Option(
      names = "--skip-hooks",
      description = "Skip the image's own apt hooks (DPkg::Post-Invoke and similar).")
  boolean skipHooks;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (output.isData() && !dryRun) {
      throw new ParameterException(spec.commandLine(), output.option() + " needs --dry-run.");
    }
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    JsonNode answer =
        allowRemovals || skipHooks
            ? client.post(
                "/regild/v1/updates?allow-removals=%s&skip-hooks=%s"
                    .formatted(allowRemovals, skipHooks),
                request())
            : client.call("CreateUpdatedImage", request());
    boolean canUpdate = answer.path("canUpdateImage").asBoolean(false);
    if (output.isData() && dryRun) {
      output.print(out, plan(client));
    } else if (!canUpdate) {
      out.printf("%s is up to date; there is nothing to update.%n", name);
    } else if (dryRun) {
      new PlanTable(plan(client)).print(out);
    } else if (wait) {
      JobProgress.await(client, newName, out);
      out.printf("%s is AVAILABLE.%n", newName);
    } else {
      out.printf(
          "%s is %s. Watch it with: ./regild show %s%n",
          newName, answer.path("image").path("State").asString(""), newName);
    }
    return 0;
  }

  private JsonNode plan(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    return client.post("/regild/v1/plan", Map.of("image", name));
  }

  private Map<String, Object> request() {
    Map<String, Object> request = new HashMap<>();
    request.put("existingImageName", name);
    request.put("newImageName", newName);
    request.put("dryRun", dryRun);
    if (displayName != null) {
      request.put("newImageDisplayName", displayName);
    }
    if (description != null) {
      request.put("newImageDescription", description);
    }
    if (!tags.isEmpty()) {
      request.put("newImageTags", tags);
    }
    return request;
  }
}
