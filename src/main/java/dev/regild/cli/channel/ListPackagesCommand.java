package dev.regild.cli.channel;

import dev.regild.channel.ChannelException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.PackageFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "list-updates",
    description = "Lists the packages in a Windows channel's catalogue.",
    mixinStandardHelpOptions = true)
final class ListPackagesCommand implements Callable<Integer> {
  @ParentCommand ChannelCommand channel = new ChannelCommand();
  @Mixin DataOutput output = new DataOutput();

  @Parameters(paramLabel = "CHANNEL", description = "The channel's name.")
  String name = "";

  @Override
  public Integer call() throws IOException, ChannelException {
    Catalogue catalogue = Catalogue.of(channel.channels(), name);
    List<CatalogueEntry> followed = catalogue.followed();
    List<CatalogueEntry> entries = new ArrayList<>(catalogue.entries());
    entries.addAll(followed);
    Table table =
        new Table(
            "NAME",
            "VERSION",
            "KB",
            "KIND",
            "BUILDS",
            "RESULTS IN",
            "DIGEST",
            "SUPERSEDED BY",
            "FROM");
    for (CatalogueEntry entry : entries) {
      PackageFacts facts = entry.facts();
      table.row(
          facts.name(),
          facts.version(),
          orDash(facts.kb()),
          kind(facts),
          orDash(String.join(",", facts.builds())),
          orDash(facts.resultingBuild()),
          shortDigest(entry),
          entry.supersededBy(entries).map(ListPackagesCommand::shortName).orElse("-"),
          followed.contains(entry) ? "refresh" : "added");
    }
    if (entries.isEmpty() && !output.isData()) {
      channel
          .out()
          .println(
              "The catalogue of %s is empty. Add a file with: regild channel add-update %1$s FILE; channel show lists what an update server offers."
                  .formatted(name));
      return 0;
    }
    output.print(channel.out(), table);
    return 0;
  }

  /** As it is written in options: {@code servicing-stack}. */
  static String kind(PackageFacts facts) {
    return facts.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static String shortDigest(CatalogueEntry entry) {
    return entry.sha256().substring(0, 12);
  }

  private static String shortName(CatalogueEntry entry) {
    return entry.facts().kb().isEmpty() ? entry.facts().version() : entry.facts().kb();
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
