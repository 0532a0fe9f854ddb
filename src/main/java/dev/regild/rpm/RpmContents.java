package dev.regild.rpm;

import dev.regild.channel.PackageTable;
import dev.regild.plan.Advisory;
import dev.regild.plan.NewPackage;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the indexes of RPM repositories say, in memory.
 *
 * @param table the packages
 * @param modules the streams of modules
 * @param advisories what the updateinfo indexes say, by the package's name
 * @param replacements what takes the place of others, by their names
 */
record RpmContents(
    PackageTable<Membership> table,
    ModuleStreams modules,
    Map<String, List<Advised>> advisories,
    Map<String, List<Replacement>> replacements) {

  /**
   * What decides whether a package counts.
   *
   * @param streams of the modules that it is part of
   * @param hotfix whether it counts whatever streams are chosen
   */
  record Membership(List<String> streams, boolean hotfix) {}

  /** An advisory about one version of a package. */
  record Advised(String version, String architecture, Advisory advisory) {}

  /** A package that takes the place of another. */
  record Replacement(RpmPackage.Obsoleted obsoleted, NewPackage by, boolean hotfix) {}

  List<Advised> advisoriesOf(String name) {
    return advisories.getOrDefault(name, List.of());
  }

  List<Replacement> replacementsOf(String name) {
    return replacements.getOrDefault(name, List.of());
  }

  /** Collects what the indexes say: of all modules first. */
  static final class Builder {
    private final PackageTable.Builder<Membership> table = new PackageTable.Builder<>();
    private final ModuleStreams modules = new ModuleStreams();
    private final Map<String, List<Advised>> advisories = new HashMap<>();
    private final Map<String, List<Replacement>> replacements = new HashMap<>();

    void addModules(InputStream index) throws IOException {
      modules.add(index);
    }

    void addPackages(InputStream primary, boolean hotfix) throws IOException {
      RpmPackage.readAll(primary, each -> add(each, hotfix));
    }

    private void add(RpmPackage each, boolean hotfix) throws IOException {
      each.addTo(
          table,
          new Membership(modules.of(each.name(), each.version(), each.architecture()), hotfix));
      NewPackage by = new NewPackage(each.name(), each.architecture(), each.version());
      each.obsoletes().stream()
          .filter(obsoleted -> !obsoleted.name().equals(each.name()))
          .forEach(obsoleted ->
              replacements
                  .computeIfAbsent(obsoleted.name(), _ -> new ArrayList<>())
                  .add(new Replacement(obsoleted, by, hotfix)));
    }

    void addAdvisories(InputStream updateinfo) throws IOException {
      UpdateinfoEntry.readAll(
          updateinfo,
          entry -> {
            for (UpdateinfoEntry.Fixed fixed : entry.packages()) {
              advisories
                  .computeIfAbsent(fixed.name(), _ -> new ArrayList<>())
                  .add(new Advised(fixed.version(), fixed.architecture(), entry.advisory()));
            }
          });
    }

    RpmContents build() {
      return new RpmContents(table.build(), modules, advisories, replacements);
    }
  }
}
