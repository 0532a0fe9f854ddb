package dev.regild.console;

import dev.regild.channel.ChannelException;
import dev.regild.console.view.ComparePage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Owner;
import dev.regild.image.Qualification;
import dev.regild.image.RefusedException;
import dev.regild.insight.Fixes;
import dev.regild.inventory.Inventory;
import dev.regild.update.fleet.Difference;
import dev.regild.update.fleet.Differences;
import dev.regild.update.fleet.ImageContent;
import dev.regild.update.planning.SnapshotOffers;
import gg.jte.generated.precompiled.JtecompareGenerated;
import java.util.List;
import java.util.Optional;

/** {@code /console/compare}: two images, or an image and what a snapshot would make of it. */
final class ComparePages implements Console.Pages {
  private static final int MOST = 1_000;

  /** In the field of the snapshot: the one that the channel has now. */
  private static final String NOW = "now";

  private final ConsoleServices services;

  ComparePages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes.show("/console/compare", "CompareImages", this::compare);
  }

  /** What the form asks for. */
  private record Asked(Owner owner, String first, String second, String snapshot) {
    boolean isWhole() {
      return !first.isEmpty() && (!second.isEmpty() || !snapshot.isEmpty());
    }
  }

  private void compare(Visit visit) throws InterruptedException {
    Asked asked =
        new Asked(
            visit.caller().owner(),
            visit.query("first"),
            visit.query("second"),
            visit.query("snapshot"));
    if (!asked.isWhole()) {
      show(visit, uncompared(asked, ""));
      return;
    }
    if (!asked.second.isEmpty() && !asked.snapshot.isEmpty()) {
      show(visit, uncompared(asked, "Name an image or a snapshot to compare with, not both."));
      return;
    }
    try {
      services
          .guard()
          .inTurn(
              visit.caller(),
              () -> asked.snapshot.isEmpty() ? withImage(asked) : withSnapshot(asked),
              page -> show(visit, page));
    } catch (RefusedException e) {
      show(visit, uncompared(asked, e.explanation()));
    }
  }

  private static void show(Visit visit, ComparePage page) {
    visit.show(
        Section.COMPARE,
        "Compare",
        (out, frame) -> JtecompareGenerated.render(out, null, frame, page));
  }

  private ComparePage uncompared(Asked asked, String reason) {
    return page(asked, reason, List.of(), Optional.empty());
  }

  private ComparePage page(
      Asked asked, String error, List<ComparePage.Side> sides, Optional<Difference> difference) {
    return new ComparePage(
        asked.first,
        asked.second,
        asked.snapshot,
        services.images().database().read(handle -> ImageChoices.of(handle, asked.owner)),
        error,
        sides,
        difference.map(Difference::packages).orElse(List.of()).stream().limit(MOST).toList(),
        difference.map(each -> each.packages().size()).orElse(0),
        difference.flatMap(Difference::fixed).map(ComparePages::inWords).orElse(""),
        difference.flatMap(Difference::lost).map(ComparePages::inWords).orElse(""),
        difference.map(Difference::advisories).orElse(List.of()).stream().limit(MOST).toList());
  }

  private ComparePage withImage(Asked asked) {
    ImageContent one = content(asked, asked.first);
    ImageContent other = content(asked, asked.second);
    if (!one.system().equals(other.system())) {
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE,
          "%s uses %s and %s uses %s. Compare images of one package system."
              .formatted(asked.first, one.system().name(), asked.second, other.system().name()));
    }
    Differences.Subject before = one.subject(services.inventories());
    Differences.Subject after = other.subject(services.inventories());
    return page(
        asked,
        "",
        List.of(side(one, before.inventory()), side(other, after.inventory())),
        Optional.of(services.differences().between(before, after, one.system())));
  }

  private ComparePage withSnapshot(Asked asked) {
    ImageContent one = content(asked, asked.first);
    SnapshotOffers.Found found = offer(one, asked.snapshot.equals(NOW) ? "" : asked.snapshot);
    Differences.Subject before = one.subject(services.inventories());
    return page(
        asked,
        "",
        List.of(side(one, before.inventory()), side(found)),
        Optional.of(services.differences().toSnapshot(before, found.offer())));
  }

  private SnapshotOffers.Found offer(ImageContent image, String which) {
    try {
      return services.snapshotOffers().find(image.image(), which);
    } catch (ChannelException e) {
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE, "Cannot compare: " + e.getMessage() + ".");
    }
  }

  private ImageContent content(Asked asked, String name) {
    return ImageContent.require(services.images().database(), asked.owner, name);
  }

  private static String inWords(Fixes fixes) {
    Fixes.Counts counts = fixes.counts();
    return Words.count(counts.fixed(), "CVE")
        + (counts.kernel() == 0
            ? ""
            : " and " + Words.count(counts.kernel(), "CVE") + " in the kernel");
  }

  private static ComparePage.Side side(ImageContent image, Inventory inventory) {
    return new ComparePage.Side(
        image.image().name(),
        Words.image(image.image().name(), ""),
        inventory.os().name() + " " + inventory.os().version(),
        image.image().agentVersion().orElse("none"),
        image.image().qualification().map(Qualification::kernel).orElse("not booted"),
        Words.number(inventory.packages().size()),
        image.layer().map(Layer::bytes).map(Words::size).orElse("–"));
  }

  private static ComparePage.Side side(SnapshotOffers.Found found) {
    String channel = found.offer().channel().name();
    return new ComparePage.Side(
        "snapshot "
            + found.offer().snapshot().digest().substring(0, 12)
            + found.since().map(at -> " of " + Words.exact(at)).orElse(", the current one"),
        Words.channel(channel, ""),
        "channel " + channel,
        "–",
        "–",
        Words.number(found.offer().snapshot().size()),
        "–");
  }
}
