package dev.regild.apt;

import dev.regild.channel.PackageTable;
import dev.regild.channel.UpgradeTarget;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds the best offer for one installed package, as apt does ({@code policy.cc}). */
final class Candidate implements Consumer<PackageTable.Offer<IndexOrigin>> {
  /** From which priority on a version is chosen although it is lower than the installed one. */
  private static final int DOWNGRADES = 1000;

  private final InstalledPackage installed;
  private final UpgradeTarget target;
  private final Comparator<String> order = DebianVersion.ORDER;

  /** Where each version that there is comes from. */
  private final Map<String, List<IndexOrigin>> versions = new HashMap<>();

  Candidate(InstalledPackage installed, UpgradeTarget target) {
    this.installed = installed;
    this.target = target;
    accept(IndexOrigin.INSTALLED, installed.version());
  }

  @Override
  public void accept(PackageTable.Offer<IndexOrigin> offer) {
    if (target.isFor(offer.architecture())) {
      accept(offer.group(), offer.version());
    }
  }

  private void accept(IndexOrigin origin, String version) {
    versions.computeIfAbsent(version, _ -> new ArrayList<>(2)).add(origin);
  }

  /** The version that is chosen, if it is another than the installed one. */
  Optional<String> chosen(AptPreferences preferences) {
    List<String> highestFirst = new ArrayList<>(versions.keySet());
    highestFirst.sort(order.reversed());
    String best = installed.version();
    int bestPriority = -1;
    for (String version : highestFirst) {
      int priority = priority(preferences, version);
      boolean lower = order.compare(version, installed.version()) < 0;
      if (priority != 0 && priority > bestPriority && (!lower || priority >= DOWNGRADES)) {
        best = version;
        bestPriority = priority;
      }
    }
    return order.compare(best, installed.version()) == 0 ? Optional.empty() : Optional.of(best);
  }

  private int priority(AptPreferences preferences, String version) {
    return preferences.priority(
        installed.name(),
        installed.architecture(),
        target.isNative(),
        version,
        versions.getOrDefault(version, List.of()));
  }

  /**
   * Why a version is not chosen.
   *
   * @param offered which would be chosen without preferences
   * @param chosen which is chosen instead
   */
  String reason(AptPreferences preferences, String offered, String chosen) {
    return reason(preferences, offered)
        .or(() -> reason(preferences, chosen))
        .or(preferences::anyReason)
        .orElse("the preferences of the image");
  }

  private Optional<String> reason(AptPreferences preferences, String version) {
    return preferences.reason(
        installed.name(),
        installed.architecture(),
        target.isNative(),
        version,
        versions.getOrDefault(version, List.of()));
  }
}
