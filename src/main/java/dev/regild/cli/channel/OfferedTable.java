package dev.regild.cli.channel;

import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import dev.regild.windows.catalogue.OfferedUpdate;
import dev.regild.windows.catalogue.OfferedUpdates;
import java.io.PrintWriter;
import java.util.List;

/**
 * The updates that a server offers to a Windows channel, as the snapshot has them.
 *
 * @param leftOut what the last refresh could not offer, each with the reason
 */
record OfferedTable(OfferedUpdates offered, List<String> leftOut) {
  private static final int MOST_NAMED = 3;
  private static final int MOST_LEFT_OUT = 20;

  void printLeftOut(PrintWriter out) {
    if (leftOut.isEmpty()) {
      return;
    }
    out.println();
    out.println("Not offered:");
    leftOut.stream()
        .limit(MOST_LEFT_OUT)
        .forEach(each -> out.println("  " + Printable.text(each) + "."));
    if (leftOut.size() > MOST_LEFT_OUT) {
      out.println("  … and %d more.".formatted(leftOut.size() - MOST_LEFT_OUT));
    }
  }

  Table table() {
    Table table =
        new Table("OFFERED", "KIND", "BUILDS", "RESULTS IN", "SEVERITY", "SIZE", "SUPERSEDES");
    for (OfferedUpdate each : offered.updates()) {
      table.row(
          orDash(each.facts().kb()),
          ListPackagesCommand.kind(each.facts()),
          orDash(String.join(",", each.facts().builds())),
          orDash(each.facts().resultingBuild()),
          orDash(each.severity()),
          ByteCount.text(each.file().size()),
          named(each.superseded()));
    }
    return table;
  }

  private static String named(List<String> superseded) {
    if (superseded.size() <= MOST_NAMED) {
      return orDash(String.join(" ", superseded));
    }
    return "%s and %d more"
        .formatted(
            String.join(" ", superseded.subList(0, MOST_NAMED)), superseded.size() - MOST_NAMED);
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
