package dev.regild.update.verdict;

import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdateReasons;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a channel offers to many inventories that are offered the same: remembers its answers about
 * each package, as long as that is the same object. For one thread.
 */
final class SharedOffer implements AvailablePackages {
  private final AvailablePackages offer;
  private final IdentityHashMap<InstalledPackage, Answer> answers = new IdentityHashMap<>();

  /** Each once, so that they are compared as objects. */
  private final Map<Identity, Identity> identities = new HashMap<>();

  SharedOffer(AvailablePackages offer) {
    this.offer = offer;
  }

  private record Identity(String name, String architecture) {}

  private record Answer(
      Identity identity,
      Optional<String> upgrade,
      Optional<UpdateReasons> reasons,
      Optional<KeptBack> keptBack,
      List<NewPackage> replacements) {
    boolean concernsPlan() {
      return upgrade.isPresent() || keptBack.isPresent() || !replacements.isEmpty();
    }
  }

  void forget() {
    answers.clear();
    identities.clear();
  }

  /**
   * Returns the packages of an inventory on which its plan depends: those for which the channel has
   * something, in all installed versions. A plan for them is the plan for the whole inventory.
   */
  Collection<InstalledPackage> concerned(Collection<InstalledPackage> installed) {
    Set<Identity> concerned = Collections.newSetFromMap(new IdentityHashMap<>());
    Identity[] identities = new Identity[installed.size()];
    int count = 0;
    for (InstalledPackage each : installed) {
      Answer answer = of(each);
      identities[count++] = answer.identity();
      if (!answer.replacements().isEmpty()) {
        // The plan depends on whether the replacement is installed.
        return installed;
      }
      if (answer.concernsPlan()) {
        concerned.add(answer.identity());
      }
    }
    if (concerned.isEmpty()) {
      return List.of();
    }
    List<InstalledPackage> found = new ArrayList<>();
    count = 0;
    for (InstalledPackage each : installed) {
      if (concerned.contains(identities[count++])) {
        found.add(each);
      }
    }
    return found;
  }

  private Answer of(InstalledPackage each) {
    Answer known = answers.get(each);
    if (known == null) {
      Optional<String> upgrade = offer.upgradeOf(each);
      Identity identity = new Identity(each.name(), each.architecture());
      known =
          new Answer(
              identities.computeIfAbsent(identity, it -> it),
              upgrade,
              upgrade.map(to -> offer.reasonsFor(each, to)),
              offer.keptBackOf(each),
              offer.replacementsOf(each));
      answers.put(each, known);
    }
    return known;
  }

  @Override
  public PackageFamily family() {
    return offer.family();
  }

  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    return of(installed).upgrade();
  }

  @Override
  public Optional<KeptBack> keptBackOf(InstalledPackage installed) {
    return of(installed).keptBack();
  }

  @Override
  public boolean securityOnly() {
    return offer.securityOnly();
  }

  @Override
  public List<NewPackage> replacementsOf(InstalledPackage installed) {
    return of(installed).replacements();
  }

  @Override
  public List<NewPackage> additions() {
    return offer.additions();
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    // An addition is asked for with a package that is made for the question.
    Answer known = answers.get(installed);
    return known != null && known.reasons().isPresent()
        ? known.reasons().get()
        : offer.reasonsFor(installed, to);
  }
}
