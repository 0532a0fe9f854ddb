package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.RunningRefreshes;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotHistory;
import dev.regild.console.view.ChannelPage;
import dev.regild.console.view.ChannelsPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.NewChannelPage;
import dev.regild.console.view.RemovalPage;
import dev.regild.console.view.SnapshotPage;
import dev.regild.console.view.Words;
import dev.regild.image.RefusedException;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.plan.PlatformType;
import dev.regild.update.planning.RegistryRefresh;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.CatalogueSnapshot;
import dev.regild.windows.catalogue.CatalogueSource;
import dev.regild.windows.upstream.LeftOut;
import gg.jte.generated.precompiled.JtechannelGenerated;
import gg.jte.generated.precompiled.JtechannelsGenerated;
import gg.jte.generated.precompiled.JtenewchannelGenerated;
import gg.jte.generated.precompiled.JteremovalGenerated;
import gg.jte.generated.precompiled.JtesnapshotGenerated;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /console/channels}: where updates come from, how the channels do, which snapshots they
 * had, and what each brought.
 */
final class ChannelPages implements Console.Pages {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelPages.class);

  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final int SNAPSHOTS = 200;
  private static final int OFFERS = 1_000;
  private static final int LEFT_OUT = 200;

  private final ConsoleServices services;

  /** The names of the channels that are being refreshed from here. */
  private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

  ChannelPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/channels", "ConsoleListChannels", this::show)
        .show("/console/channels/{name}", "ConsoleShowChannel", this::showOne)
        .show("/console/channels/{name}/snapshots/{digest}", "ConsoleShowSnapshot", this::snapshot)
        .show("/console/new-channel", "ConsoleAskChannel", this::ask)
        .act("/console/new-channel/check", "ConsoleCheckChannel", this::check)
        .act("/console/new-channel", "AddChannel", this::add)
        .act("/console/channels/{name}/refresh", "RefreshChannel", this::refresh)
        .show("/console/channels/{name}/remove", "ConsoleAskChannelRemoval", this::askRemoval)
        .act("/console/channels/{name}/remove", "RemoveChannel", this::remove);
  }

  private void show(Visit visit) throws ChannelException {
    List<ChannelsPage.Row> rows = new ArrayList<>();
    Map<String, String> running = running();
    for (ChannelStatus status : services.channels().status()) {
      rows.add(row(status, running));
    }
    ChannelsPage page =
        new ChannelsPage(
            rows,
            rows.stream().anyMatch(ChannelsPage.Row::refreshing),
            isOperator(visit),
            services.images().clock().instant());
    visit.show(
        Section.CHANNELS,
        "Channels",
        (out, frame) -> JtechannelsGenerated.render(out, null, frame, page));
  }

  /** How far refreshes are, from here, of other nodes and of commands, by channel. */
  private Map<String, String> running() {
    Map<String, String> running =
        new HashMap<>(
            services
                .images()
                .database()
                .read(
                    handle -> RunningRefreshes.list(handle, services.images().clock().instant())));
    // One that was only just begun here has not said so yet.
    refreshing.forEach(each -> running.putIfAbsent(each, "refreshing"));
    return running;
  }

  private ChannelsPage.Row row(ChannelStatus status, Map<String, String> running) {
    List<String> notices = new ArrayList<>(status.notices());
    List<ChannelsPage.Offered> offered = offered(status, notices);
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
        notices,
        running.containsKey(status.name()),
        running.getOrDefault(status.name(), ""),
        offered);
  }

  /**
   * What a server of Windows updates offers. Other snapshots are large, and are not read for it.
   *
   * @param notices gets why the snapshot can't be read
   */
  private List<ChannelsPage.Offered> offered(ChannelStatus status, List<String> notices) {
    if (status.digest().isEmpty() || status.channel().filter(ChannelPages::isCatalogue).isEmpty()) {
      return List.of();
    }
    try {
      return services
          .channels()
          .current(status.name())
          .map(ChannelPages::offered)
          .orElse(List.of());
    } catch (ChannelException e) {
      notices.add(String.valueOf(e.getMessage()));
      return List.of();
    }
  }

  private static boolean isCatalogue(Channel channel) {
    return channel.system().sourceKinds().contains(CatalogueSource.KIND);
  }

  private static List<ChannelsPage.Offered> offered(Snapshot snapshot) {
    if (!(snapshot instanceof CatalogueSnapshot windows)) {
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

  /** What all accounts share, an operator changes; so does the command on the server. */
  private boolean isOperator(Visit visit) {
    return !visit.caller().readOnly() && services.operators().include(visit.caller());
  }

  private void requireOperator(Visit visit) {
    visit.requireChanges();
    services.operators().require(visit.caller());
  }

  private void showOne(Visit visit) throws ChannelException {
    ChannelPage page = page(visit, ChannelPage.CatalogueForm.EMPTY);
    visit.show(
        Section.CHANNELS,
        "Channel " + page.channel().name(),
        (out, frame) -> JtechannelGenerated.render(out, null, frame, page));
  }

  /** The page of a channel, which {@link CataloguePages} shows too. */
  ChannelPage page(Visit visit, ChannelPage.CatalogueForm form) throws ChannelException {
    String name = visit.path("name");
    ChannelStatus status = status(visit, name);
    List<SnapshotHistory.Entry> history =
        services.images().database().read(handle -> SnapshotHistory.list(handle, name)).stream()
            .limit(SNAPSHOTS)
            .toList();
    List<ChannelPage.Snapshot> snapshots = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      SnapshotHistory.Entry each = history.get(i);
      snapshots.add(
          new ChannelPage.Snapshot(
              each.digest(),
              each.since(),
              status.digest().filter(each.digest()::equals).isPresent(),
              i + 1 < history.size()
                  ? Words.channel(name, "/snapshots/" + Words.encoded(each.digest()))
                  : ""));
    }
    boolean catalogue = status.channel().filter(ChannelPages::isCatalogue).isPresent();
    List<CatalogueEntry> entries = new ArrayList<>();
    Set<CatalogueEntry> followed = new HashSet<>();
    if (catalogue) {
      Catalogue own = Catalogue.of(services.channels(), name);
      entries.addAll(own.entries());
      followed.addAll(own.followed());
      entries.addAll(followed);
    }
    return new ChannelPage(
        row(status, running()),
        snapshots,
        leftOut(status),
        isOperator(visit),
        catalogue,
        entries.stream()
            .map(each -> ChannelPage.Entry.of(each, entries, followed.contains(each)))
            .toList(),
        form,
        new Commands("", "", "regild channel refresh " + Commands.quoted(name)),
        services.images().clock().instant());
  }

  private List<String> leftOut(ChannelStatus status) throws ChannelException {
    if (status.channel().isEmpty()) {
      return List.of();
    }
    try {
      return LeftOut.of(services.channels(), status.channel().get()).stream()
          .limit(LEFT_OUT)
          .toList();
    } catch (IOException e) {
      throw new ChannelException(
          "what %s has left out can't be read (%s); refresh the channel"
              .formatted(status.name(), e.getMessage()),
          e);
    }
  }

  private ChannelStatus status(Visit visit, String name) throws ChannelException {
    return services.channels().status().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> visit.notFound("There is no channel %s.".formatted(name)));
  }

  private void snapshot(Visit visit) throws ChannelException, InterruptedException {
    String name = visit.path("name");
    String digest = visit.path("digest");
    String platform = status(visit, name).channel().map(Channel::platform).orElse("");
    List<SnapshotHistory.Entry> history =
        services.images().database().read(handle -> SnapshotHistory.list(handle, name));
    int at = 0;
    while (at < history.size() && !history.get(at).digest().equals(digest)) {
      at++;
    }
    if (at + 1 >= history.size()) {
      throw visit.notFound(
          "The channel %s has no snapshot %s with one before it.".formatted(name, digest));
    }
    Pair pair = new Pair(platform, history.get(at), history.get(at + 1));
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> brought(visit, pair),
            page ->
                visit.show(
                    Section.CHANNELS,
                    "What a snapshot of " + name + " brought",
                    (out, frame) -> JtesnapshotGenerated.render(out, null, frame, page)));
  }

  /** A snapshot of a platform's channel, and the one before it. */
  private record Pair(String platform, SnapshotHistory.Entry after, SnapshotHistory.Entry before) {}

  private SnapshotPage brought(Visit visit, Pair pair) {
    Snapshot after = kept(visit, pair.after);
    Snapshot before = kept(visit, pair.before);
    List<SnapshotPage.Offer> offers = new ArrayList<>();
    for (IndexedPackage each :
        services.images().database().read(handle -> PackageIndex.inUse(handle, pair.platform))) {
      Optional<String> now = after.upgradeOf(each.installed());
      Optional<String> earlier = before.upgradeOf(each.installed());
      if (now.isPresent() && !now.equals(earlier)) {
        offers.add(
            new SnapshotPage.Offer(
                each.name(), each.architecture(), each.version(), earlier.orElse(""), now.get()));
      }
    }
    offers.sort(
        Comparator.comparing(SnapshotPage.Offer::name)
            .thenComparing(SnapshotPage.Offer::architecture)
            .thenComparing(SnapshotPage.Offer::installed));
    return new SnapshotPage(
        pair.after.channel(),
        pair.after.digest(),
        pair.after.since(),
        pair.before.digest(),
        offers.stream().limit(OFFERS).toList(),
        offers.size(),
        "%s, before it %s"
            .formatted(Words.count(after.size(), "package"), Words.count(before.size(), "package")),
        services.images().clock().instant());
  }

  private Snapshot kept(Visit visit, SnapshotHistory.Entry entry) {
    try {
      return services
          .channels()
          .snapshot(entry.digest())
          .orElseThrow(() ->
              visit.notFound(
                  "The snapshot %s was removed; snapshots.kept says how long they are kept."
                      .formatted(entry.digest())));
    } catch (ChannelException e) {
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE, "Cannot compare: " + e.getMessage() + ".");
    }
  }

  private void ask(Visit visit) throws InterruptedException {
    requireOperator(visit);
    showForm(visit, visit.query("platform"), Optional.empty(), Map.of(), List.of());
  }

  /** While one types, and changes nothing. */
  private void check(Visit visit) throws InterruptedException {
    requireOperator(visit);
    String platform = visit.form().text("platform");
    Optional<ChannelForm> form = ChannelForm.of(platform, visit.form());
    if (form.isEmpty()) {
      showForm(visit, platform, form, Map.of(), List.of());
      return;
    }
    ChannelForm.Outcome outcome = form.get().check(services.channels());
    showForm(visit, platform, form, outcome.errors(), outcome.notes());
  }

  private void add(Visit visit) throws ChannelException, InterruptedException {
    requireOperator(visit);
    String platform = visit.form().text("platform");
    Optional<ChannelForm> form = ChannelForm.of(platform, visit.form());
    if (form.isEmpty()) {
      showForm(visit, platform, form, Map.of(), List.of());
      return;
    }
    ChannelForm.Outcome outcome = form.get().check(services.channels());
    if (outcome.channel().isEmpty()) {
      ApiException error =
          new ApiException(ErrorType.VALIDATION, outcome.errors().values().iterator().next());
      services.guard().refused(visit.response(), error);
      showForm(visit, platform, form, outcome.errors(), outcome.notes());
      return;
    }
    Channel channel = outcome.channel().get();
    services.guard().resources(visit.request(), List.of(channel.name()));
    services.channels().add(channel, Optional.empty());
    beginRefresh(channel.name());
    visit.redirect(Words.channel(channel.name(), ""), Notices.CHANNEL_ADDED);
  }

  private void showForm(
      Visit visit,
      String platform,
      Optional<ChannelForm> form,
      Map<String, String> errors,
      List<String> found)
      throws InterruptedException {
    Optional<ChannelForm> shown = form.or(() -> ChannelForm.of(platform, Form.EMPTY));
    Map<String, String> all = new HashMap<>(errors);
    if (!platform.isEmpty() && shown.isEmpty()) {
      all.put(
          "platform", "No package system knows the platform %s. Choose one.".formatted(platform));
    }
    NewChannelPage page =
        new NewChannelPage(
            PackageSystems.installed().all().stream()
                .flatMap(system -> system.platforms().stream())
                .map(PlatformType::example)
                .sorted()
                .toList(),
            platform,
            shown.map(ChannelForm::options).orElse(List.of()),
            shown.map(ChannelForm::typed).orElse(Map.of()),
            all,
            found,
            shown.map(ChannelForm::command).orElse(new Commands("", "", "")));
    Status status = all.isEmpty() || isPart(visit) ? Status.OK_200 : Status.BAD_REQUEST_400;
    visit.show(
        status,
        Section.CHANNELS,
        "Add a channel",
        (out, frame) -> JtenewchannelGenerated.render(out, null, frame, page));
  }

  /** Whether htmx asks, which takes no part of an answer that is an error. */
  private static boolean isPart(Visit visit) {
    return visit.request().headers().contains(HeaderNames.create("HX-Request"));
  }

  private void askRemoval(Visit visit) throws ChannelException {
    services.operators().require(visit.caller());
    String name = visit.path("name");
    ChannelStatus status = status(visit, name);
    RemovalPage page =
        new RemovalPage(
            name,
            status.channel().map(Channel::platform).orElse(""),
            new Commands("", "", "regild channel remove " + Commands.quoted(name)));
    visit.show(
        Section.CHANNELS,
        "Remove the channel " + name,
        (out, frame) -> JteremovalGenerated.render(out, null, frame, page));
  }

  private void remove(Visit visit) throws ChannelException, InterruptedException {
    requireOperator(visit);
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    var _ = status(visit, name);
    if (refreshing.contains(name) || !services.channels().tryRemove(name)) {
      throw new ApiException(
          ErrorType.RESOURCE_IN_USE,
          "The channel %s is being refreshed or changed. Remove it when that has ended."
              .formatted(name));
    }
    visit.redirect("/console/channels", Notices.CHANNEL_REMOVED);
  }

  /** Begins a refresh; the page shows how it ends, which may take minutes. */
  private void refresh(Visit visit) throws ChannelException {
    visit.requireChanges();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    var _ = services.channels().require(name);
    if (!wasTriedJustNow(name)) {
      beginRefresh(name);
    }
    visit.redirect("/console/channels", Notices.REFRESHING);
  }

  /** Does nothing if a refresh from here runs. */
  void beginRefresh(String name) {
    if (refreshing.add(name)) {
      // It reads large indexes, and a virtual thread would keep its carrier from requests.
      Thread.ofPlatform().daemon().name("console-refresh").start(() -> refresh(name));
    }
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
          new RegistryRefresh(
                  services.images().database(), services.inventories(), services.images().clock())
              .refresh(services.channels(), name);
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
    }
  }
}
