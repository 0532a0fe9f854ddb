package dev.regild.cli.registry;

import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.image.PublicImages;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on the data directory itself; a running server sees it at once. */
@Command(
    name = "publish",
    description =
        "Makes an image public: every account of its region can see it, but none can"
            + " change it.",
    mixinStandardHelpOptions = true)
public final class PublishCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LocalRegistry registry = new LocalRegistry();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(
      names = "--account",
      paramLabel = "ID",
      required = true,
      description = "The account that owns it.")
  String account = "";

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description =
          "The region of the images. Default: AWS_REGION, AWS_DEFAULT_REGION, else" + " us-east-1.")
  @Nullable String region;

  @Option(names = "--undo", description = "Make a public image private again.")
  boolean undo;

  @Override
  public Integer call() throws IOException {
    Owner owner = new Owner(account, ServerConnection.regionOr(region));
    try (Opened opened = registry.open()) {
      opened.accounts().require(account);
      Image image =
          opened
              .database()
              .inTransaction(handle ->
                  undo
                      ? PublicImages.makePrivate(handle, owner, name)
                      : PublicImages.makePublic(handle, owner, name));
      spec.commandLine().getOut().println(image.sharing().visibility() + " " + image.arn());
    }
    return 0;
  }
}
