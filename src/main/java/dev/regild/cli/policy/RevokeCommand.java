package dev.regild.cli.policy;

import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Count;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
    name = "revoke",
    description = {
      "Marks images as not to be used, with their updates and copies, and lists who has them. The"
          + " server then refuses updates from them.",
      "  regild revoke golden-3 --reason \"built from a stolen key\"",
      "  regild revoke --package xz-utils --version 5.6.0..5.6.1 --reason CVE-2024-3094"
    })
public final class RevokeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  boolean help;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The image's name.")
  @Nullable String name;

  @Option(
      names = "--package",
      paramLabel = "PACKAGE",
      description = "Revoke every image that has this package, including later images.")
  @Nullable String packageName;

  @Option(
      names = "--version",
      paramLabel = "VERSION",
      description =
          "A version of the package, or a range with both ends included: 5.6.0..5.6.1. Compared in"
              + " the order of the image's package system.")
  @Nullable String version;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "The reason. Whoever describes or updates one of the images sees it.")
  String reason = "";

  @Option(names = "--not-descendants", description = "Leave out the updates of these images.")
  boolean notDescendants;

  @Option(names = "--preview", description = "Change nothing, and list the images.")
  boolean preview;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if ((name == null) == (packageName == null) || (version != null && packageName == null)) {
      throw new ParameterException(
          spec.commandLine(), "Name an image, or write --package; --version only with --package.");
    }
    Map<String, Object> body = new HashMap<>();
    body.put("reason", reason);
    body.put("descendants", !notDescendants);
    body.put("preview", preview);
    if (name != null) {
      body.put("image", name);
    }
    if (packageName != null) {
      body.put("package", packageName);
    }
    if (version != null) {
      body.put("version", version);
    }
    JsonNode revocation = connection.client().post(RevocationCommand.PATH, body);
    PrintWriter out = spec.commandLine().getOut();
    if (output.isData()) {
      output.print(out, revocation);
      return 0;
    }
    print(revocation, out);
    out.println(
        preview
            ? "%s would be revoked.".formatted(count(revocation))
            : "Revoked %s. Undo with: regild revocation undo %s"
                .formatted(count(revocation), text(revocation, "id")));
    return 0;
  }

  private static String count(JsonNode revocation) {
    return Count.of(revocation.path("count").asInt(0), "image");
  }

  /** Prints the images of a revocation, with the accounts and the disks that have them. */
  static void print(JsonNode revocation, PrintWriter out) {
    if (revocation.path("images").isEmpty()) {
      return;
    }
    Table table = new Table("IMAGE", "WHY", "BY", "SHARED WITH", "EXPORTS");
    for (JsonNode image : revocation.path("images")) {
      List<String> shares = new ArrayList<>();
      image.path("shares").forEach(each -> shares.add(each.asString("")));
      table.row(
          text(image, "image") + (image.path("exists").asBoolean(false) ? "" : " (deleted)"),
          text(image, "relation").toLowerCase(Locale.ROOT),
          text(image, "cause"),
          String.join(" ", shares),
          String.valueOf(image.path("exports").size()));
    }
    table.print(out);
    for (JsonNode image : revocation.path("images")) {
      for (JsonNode export : image.path("exports")) {
        out.println(
            Printable.line(
                "exported: %s as %s (disk %s)"
                    .formatted(text(image, "image"), text(export, "name"), text(export, "disk"))));
      }
    }
  }

  static String text(JsonNode node, String member) {
    return node.path(member).asString("");
  }
}
