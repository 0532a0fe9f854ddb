package dev.regild.console;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.PackageSource;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.Snapshot;
import dev.regild.console.view.ChannelsPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.windows.catalogue.CatalogueSnapshot;
import gg.jte.generated.precompiled.JtechannelsGenerated;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /console/channels}: where updates come from, and how the channels do. */
final class ChannelPages implements Console.Pages {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelPages.class);

  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final ConsoleServices services;

  /** The names of the channels that are being refreshed from here. */
  private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

  /** How far these are, by name, where their servers tell. */
  private final Map<String, String> progress = new ConcurrentHashMap<>();

  ChannelPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/channels", "ConsoleListChannels", this::show)
        .act("/console/channels/{name}/refresh", "RefreshChannel", this::refresh);
  }

  private void show(Visit visit) throws ChannelException {
    List<ChannelsPage.Row> rows = new ArrayList<>();
    for (ChannelStatus status : services.channels().status()) {
      rows.add(row(status));
    }
    ChannelsPage page =
        new ChannelsPage(
            rows,
            rows.stream().anyMatch(ChannelsPage.Row::refreshing),
            services.images().clock().instant());
    visit.show(
        Section.CHANNELS,
        "Channels",
        (out, frame) -> JtechannelsGenerated.render(out, null, frame, page));
  }

  private ChannelsPage.Row row(ChannelStatus status) throws ChannelException {
    return new ChannelsPage.Row(
        status.name(),
        status.channel().map(channel -> channel.platform()).orElse("–"),
        status
            .channel()
            .map(channel -> channel.sources().stream().map(PackageSource::text).toList())
            .orElse(List.of()),
        status.digest().orElse(""),
        status.snapshotAt(),
        status.checkedAt(),
        status.error().orElse(""),
        status.notices(),
        refreshing.contains(status.name()),
        progress.getOrDefault(status.name(), ""),
        offered(status));
  }

  private List<ChannelsPage.Offered> offered(ChannelStatus status) throws ChannelException {
    boolean readable = status.digest().isPresent() && status.channel().isPresent();
    Optional<Snapshot> snapshot =
        readable ? services.channels().current(status.name()) : Optional.empty();
    if (snapshot.isEmpty() || !(snapshot.get() instanceof CatalogueSnapshot windows)) {
      return List.of();
    }
    return windows.offered().updates().stream()
        .map(each ->
            new ChannelsPage.Offered(
                each.facts().kb(),
                each.title(),
                each.facts().resultingBuild(),
                each.severity(),
                String.join(", ", each.superseded())))
        .toList();
  }

  /** Begins a refresh; the page shows how it ends, which may take minutes. */
  private void refresh(Visit visit) throws ChannelException {
    visit.requireChanges();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    var _ = services.channels().require(name);
    if (!wasTriedJustNow(name) && refreshing.add(name)) {
      // It reads large indexes, and a virtual thread would keep its carrier from requests.
      Thread.ofPlatform().daemon().name("console-refresh").start(() -> refresh(name));
    }
    visit.redirect("/console/channels", Notices.REFRESHING);
  }

  /** However often the button is pressed, the channel's servers are not asked more often. */
  private boolean wasTriedJustNow(String name) throws ChannelException {
    Instant recently = services.images().clock().instant().minus(PAUSE);
    return services.channels().status().stream()
        .filter(status -> status.name().equals(name))
        .flatMap(status -> status.attemptedAt().stream())
        .anyMatch(tried -> tried.isAfter(recently));
  }

  private void refresh(String name) {
    try {
      var _ =
          services
              .channels()
              .refresh(
                  name,
                  new RefreshOptions(
                      seen -> progress.put(name, seen.text()), Optional.empty()));
    } catch (ChannelException e) {
      // The channel's state has the reason, and the page shows it.
      LOG.atInfo()
          .addKeyValue("channel", name)
          .addKeyValue("reason", e.getMessage())
          .log("channel not refreshed");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      refreshing.remove(name);
      progress.remove(name);
    }
  }
}
