package dev.regild.cli.channel;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshOptions;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "remove-update",
    description = "Removes packages from a Windows channel's catalogue.",
    mixinStandardHelpOptions = true)
final class RemovePackageCommand implements Callable<Integer> {
  @ParentCommand ChannelCommand channel = new ChannelCommand();

  @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel's name.")
  String name = "";

  @Parameters(
      index = "1",
      paramLabel = "NAME|KB|DIGEST",
      description =
          "A name, KB number or digest, as list-updates shows them. Every matching"
              + " package is removed.")
  String which = "";

  @Option(names = "--no-refresh", description = "Do not create a snapshot now.")
  boolean noRefresh;

  @Override
  public Integer call() throws IOException, ChannelException, InterruptedException {
    ChannelStore channels = channel.channels();
    for (CatalogueEntry removed : Catalogue.of(channels, name).remove(which)) {
      channel
          .out()
          .println("Removed %s %s.".formatted(removed.facts().name(), removed.facts().version()));
    }
    if (!noRefresh) {
      var _ = channel.refreshed(name, RefreshOptions.NONE);
    }
    return 0;
  }
}
