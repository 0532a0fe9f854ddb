package dev.regild.update.verdict;

import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdateReasons;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/**
 * What a channel offers to many inventories that are offered the same: remembers its answers about
 * each package, as long as that is the same object. For one thread.
 */
final class SharedOffer implements AvailablePackages {
  private final AvailablePackages offer;
  private final IdentityHashMap<InstalledPackage, Answer> answers = new IdentityHashMap<>();

  SharedOffer(AvailablePackages offer) {
    this.offer = offer;
  }

  private record Answer(
      Optional<String> upgrade,
      Optional<UpdateReasons> reasons,
      Optional<KeptBack> keptBack,
      List<NewPackage> replacements) {}

  void forget() {
    answers.clear();
  }

  private Answer of(InstalledPackage each) {
    return answers.computeIfAbsent(
        each,
        it -> {
          Optional<String> upgrade = offer.upgradeOf(it);
          return new Answer(
              upgrade,
              upgrade.map(to -> offer.reasonsFor(it, to)),
              offer.keptBackOf(it),
              offer.replacementsOf(it));
        });
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
