package dev.regild.windows.upstream;

import dev.regild.windows.catalogue.OfferedFile;
import dev.regild.windows.catalogue.OfferedUpdate;
import dev.regild.windows.catalogue.OfferedUpdate.Checkpoint;
import dev.regild.windows.catalogue.PackageFacts;
import dev.regild.windows.catalogue.SecurityWords;
import dev.regild.windows.catalogue.WindowsPackage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Selects what a channel offers: of the published bundles of its products and classifications those
 * that no other of them supersedes, with the child that is for its architecture. No rule of
 * applicability is evaluated: an image's build decides, and then its own installer.
 */
final class Selection {
  private static final String EXPIRED = "Expired";
  private static final String CBS = "/updatehandlers/cbs";
  private static final String OS_INSTALLER = "/updatehandlers/osinstaller";

  /** What the classification and the product do not tell; English titles of Microsoft's. */
  private static final Pattern NOT_FOR_IMAGES =
      Pattern.compile("(?i)\\b(preview|dynamic update|safe os)\\b");

  private static final Pattern SYSTEM =
      Pattern.compile("(?i)(client|server)\\.os\\.(?:[a-z0-9]+\\.)*(amd64|arm64|x86)");
  private static final Pattern RELEASE = Pattern.compile("10\\.0\\.([0-9]{5,6})\\.([0-9]{1,6})");
  private static final Pattern KB = Pattern.compile("(?i)kb([0-9]{6,8})");

  private static final int MOST_NAMED = 20;
  private static final UUID SECURITY_UPDATES =
      UUID.fromString("0fa1201d-4330-4fa8-8ae9-b877473b6441");

  private final WsusSource source;
  private final boolean catalogueOnly;
  private final FileServers servers;
  private final Map<UUID, UpdateFacts> newest = new HashMap<>();
  private final Map<RevisionId, UpdateFacts> revisions = new HashMap<>();
  private final List<OfferedUpdate> offered = new ArrayList<>();
  private final Map<String, String> leftOut = new TreeMap<>();

  private Selection(WsusSource source, boolean catalogueOnly, Collection<UpdateFacts> listed) {
    this.source = source;
    this.catalogueOnly = catalogueOnly;
    this.servers = new FileServers(source);
    for (UpdateFacts each : listed) {
      revisions.put(each.id(), each);
      newest.merge(
          each.id().update(), each, (a, b) -> a.id().revision() >= b.id().revision() ? a : b);
    }
  }

  /**
   * What was selected.
   *
   * @param leftOut updates that nothing supersedes, and that can't be offered: which, and why
   */
  record Result(List<OfferedUpdate> offered, List<String> leftOut) {
    Result {
      offered = List.copyOf(offered);
      leftOut = List.copyOf(leftOut);
    }
  }

  /**
   * Selects.
   *
   * @param catalogueOnly whether the files are Microsoft's, and not at the server
   * @param listed what is known of the revisions that the server has listed
   */
  static Result of(WsusSource source, boolean catalogueOnly, Collection<UpdateFacts> listed) {
    return new Selection(source, catalogueOnly, listed).select();
  }

  private Result select() {
    Map<UUID, UpdateFacts> candidates = candidates();
    Supersedence supersedence = new Supersedence(candidates);
    for (UpdateFacts bundle : candidates.values()) {
      if (!supersedence.isSuperseded(bundle.id().update())) {
        offer(bundle, candidates);
      }
    }
    return new Result(
        offered,
        leftOut.entrySet().stream().map(each -> each.getKey() + ": " + each.getValue()).toList());
  }

  private Map<UUID, UpdateFacts> candidates() {
    Set<UUID> products = source.productIds();
    Set<UUID> classifications = source.classificationIds();
    Set<UUID> refused = Categories.refused();
    Map<UUID, UpdateFacts> candidates = new LinkedHashMap<>();
    newest.values().stream()
        .filter(UpdateFacts::isPublishedBundle)
        .filter(each -> each.categories().stream().anyMatch(products::contains))
        .filter(each -> each.categories().stream().anyMatch(classifications::contains))
        .filter(each -> each.categories().stream().noneMatch(refused::contains))
        .filter(each -> !each.beta() && !NOT_FOR_IMAGES.matcher(each.title()).find())
        .sorted(Comparator.comparing(each -> each.id().update()))
        .forEach(each -> candidates.put(each.id().update(), each));
    return candidates;
  }

  private void offer(UpdateFacts bundle, Map<UUID, UpdateFacts> candidates) {
    Set<String> taken = new LinkedHashSet<>();
    for (RevisionId id : bundle.bundled()) {
      UpdateFacts child = revisions.getOrDefault(id, newest.get(id.update()));
      if (child == null) {
        leave(bundle, "the server does not have its part " + id);
        continue;
      }
      if (newest.getOrDefault(id.update(), child).state().equals(EXPIRED)) {
        leave(bundle, "its part " + id + " has expired");
        continue;
      }
      try {
        Optional<OfferedUpdate> update = offered(bundle, child, candidates);
        if (update.isPresent() && taken.add(update.get().file().sha256())) {
          offered.add(update.get());
        }
      } catch (Unusable e) {
        leave(bundle, e.why);
      }
    }
  }

  private void leave(UpdateFacts bundle, String why) {
    leftOut.putIfAbsent(named(bundle), ServerWords.shortened(why));
  }

  private static String named(UpdateFacts bundle) {
    String name = bundle.title().isEmpty() ? bundle.id().toString() : bundle.title();
    return bundle.kb().isEmpty() || name.contains(bundle.kb()) ? name : bundle.kb() + " " + name;
  }

  /** Why an update is not offered. */
  private static final class Unusable extends Exception {
    private static final long serialVersionUID = 1;
    private final String why;

    Unusable(String why) {
      super(why);
      this.why = why;
    }
  }

  /** Returns what a child offers; empty if it is for another architecture. */
  private Optional<OfferedUpdate> offered(
      UpdateFacts bundle, UpdateFacts child, Map<UUID, UpdateFacts> candidates) throws Unusable {
    String handler = child.handler().toLowerCase(Locale.ROOT);
    if (child.type().equals(UpdateFacts.UNREADABLE)) {
      throw new Unusable("its document can't be read: " + child.refusal());
    }
    if (handler.endsWith(CBS)) {
      return servicing(bundle, child, candidates);
    }
    if (handler.endsWith(OS_INSTALLER)) {
      return system(bundle, child, candidates);
    }
    throw new Unusable(
        handler.isEmpty()
            ? "its part has no handler"
            : "its handler " + child.handler().replaceFirst(".*/", "") + " is not supported");
  }

  /** A package of Component Based Servicing: one cabinet, whose manifest the document repeats. */
  private Optional<OfferedUpdate> servicing(
      UpdateFacts bundle, UpdateFacts child, Map<UUID, UpdateFacts> candidates) throws Unusable {
    PackageFacts described = child.described();
    if (described == null) {
      throw new Unusable(
          child.refusal().isEmpty() ? "its document has no manifest" : child.refusal());
    }
    if (!isForUs(described.architecture())) {
      return Optional.empty();
    }
    PackageFacts facts = described;
    if (facts.kb().isEmpty() && !bundle.kb().isEmpty()) {
      facts = facts.withKb(bundle.kb());
    }
    if (facts.builds().isEmpty()) {
      facts = facts.withBuilds(Categories.builds(bundle.categories()));
    }
    if (!facts.missing().isEmpty()) {
      throw new Unusable("its metadata does not say " + facts.missing().getFirst().meaning());
    }
    if (child.files().size() != 1) {
      throw new Unusable(
          "it has %d complete cabinets, where one is expected".formatted(child.files().size()));
    }
    UpdateFile file = child.files().getFirst();
    return Optional.of(update(bundle, facts, true, placed(file), List.of(), candidates));
  }

  /**
   * A cumulative update for the operating system's installer: a {@code .msu} among many other
   * files, and those of the checkpoints that it builds on.
   */
  private Optional<OfferedUpdate> system(
      UpdateFacts bundle, UpdateFacts child, Map<UUID, UpdateFacts> candidates) throws Unusable {
    String product = child.product().isEmpty() ? bundle.product() : child.product();
    String release = child.release().isEmpty() ? bundle.release() : child.release();
    Matcher system = SYSTEM.matcher(product);
    Matcher version = RELEASE.matcher(release);
    if (!system.matches() || !version.matches()) {
      throw new Unusable(
          "it is %s %s, not an operating system's update".formatted(product, release));
    }
    String architecture = system.group(2).toLowerCase(Locale.ROOT);
    if (!isForUs(architecture)) {
      return Optional.empty();
    }
    String build = version.group(1) + "." + version.group(2);
    PackageFacts facts =
        PackageFacts.ofUpdate(
            WindowsPackage.Kind.CUMULATIVE,
            "Package_for_RollupFix",
            build,
            architecture,
            bundle.kb(),
            List.of(version.group(1)),
            build,
            bundle.categories().contains(SECURITY_UPDATES),
            SecurityWords.NONE);
    if (!facts.missing().isEmpty()) {
      throw new Unusable("its metadata does not say " + facts.missing().getFirst().meaning());
    }
    @Nullable OfferedFile target = null;
    List<Checkpoint> checkpoints = new ArrayList<>();
    for (UpdateFile file : child.files()) {
      Matcher kb = KB.matcher(file.name());
      if (file.name().toLowerCase(Locale.ROOT).endsWith(".msu") && kb.find()) {
        String named = "KB" + kb.group(1);
        if (!named.equals(bundle.kb())) {
          checkpoints.add(new Checkpoint(named, placed(file)));
        } else if (target == null) {
          target = placed(file);
        } else {
          throw new Unusable("it has several files for " + named);
        }
      }
    }
    if (target == null) {
      throw new Unusable("the server has no .msu of it; add it by hand (add-update)");
    }
    checkpoints.sort(Comparator.comparing(Checkpoint::kb));
    return Optional.of(update(bundle, facts, false, target, checkpoints, candidates));
  }

  private boolean isForUs(String architecture) {
    return architecture.equals(source.architecture()) || architecture.equals("neutral");
  }

  private OfferedFile placed(UpdateFile file) throws Unusable {
    if (file.sha256().isEmpty()) {
      throw new Unusable("its file " + file.name() + " has no SHA-256");
    }
    List<String> urls = new ArrayList<>();
    if (!catalogueOnly) {
      urls.add(content(file));
    }
    if ((catalogueOnly || source.fetchFromMicrosoft()) && !file.microsoft().isEmpty()) {
      Optional<String> refused = servers.refusal(file.microsoft());
      if (refused.isEmpty()) {
        urls.add(file.microsoft());
      } else if (catalogueOnly) {
        throw new Unusable("its file is at " + refused.get() + ", which is not Microsoft's");
      }
    }
    if (urls.isEmpty()) {
      throw new Unusable("the server does not say where its file is");
    }
    return new OfferedFile(
        OfferedFile.guestName(file.name(), file.sha256()),
        file.size(),
        file.sha256(),
        file.sha1(),
        urls);
  }

  /** Where a WSUS has a file: {@code Content/CD/…CD.cab}. */
  private String content(UpdateFile file) {
    String digest =
        HexFormat.of().withUpperCase().formatHex(Base64.getDecoder().decode(file.sha1()));
    return "%s/Content/%s/%s%s"
        .formatted(
            source.url(),
            digest.substring(digest.length() - 2),
            digest,
            file.name().substring(file.name().lastIndexOf('.')).toLowerCase(Locale.ROOT));
  }

  private static OfferedUpdate update(
      UpdateFacts bundle,
      PackageFacts facts,
      boolean exact,
      OfferedFile file,
      List<Checkpoint> checkpoints,
      Map<UUID, UpdateFacts> candidates) {
    List<String> superseded =
        bundle.superseded().stream()
            .map(candidates::get)
            .filter(each -> each != null && !each.kb().isEmpty())
            .sorted(
                Comparator.comparing((@Nullable UpdateFacts each) ->
                        each == null ? "" : each.created() + each.kb())
                    .reversed())
            .map(each -> each == null ? "" : each.kb())
            .distinct()
            .limit(MOST_NAMED)
            .toList();
    return new OfferedUpdate(
        bundle.id().toString(),
        bundle.title(),
        bundle.severity(),
        bundle.created(),
        facts.withWords(new SecurityWords(bundle.severity(), bundle.cves())),
        exact,
        file,
        checkpoints,
        superseded);
  }
}
