package dev.regild.server.rest;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A part of the CVEs of an image.
 *
 * @param fixed by the update that made it; absent if it was imported, or not recorded
 * @param toFix what an update would fix now; absent if it can't be compared
 * @param notCompared why {@code toFix} is absent
 * @param next the token of the next part; absent if this is the last one
 */
record VulnerabilitiesView(
    String image,
    Optional<FixesView> fixed,
    Optional<FixesView> toFix,
    Optional<String> notCompared,
    Optional<String> next) {

  /**
   * A CVE in the list of all.
   *
   * @param list {@code fixed} or {@code toFix}
   */
  private record Item(String list, SourceFixes source, FixedCve cve) {
    String key() {
      return String.join("\n", list, source.source(), cve.cve());
    }
  }

  static VulnerabilitiesView of(
      String image,
      Optional<Fixes> fixed,
      Optional<Fixes> toFix,
      Optional<String> notCompared,
      ListPart part) {
    List<Item> all = new ArrayList<>();
    fixed.ifPresent(fixes -> add(all, "fixed", fixes));
    toFix.ifPresent(fixes -> add(all, "toFix", fixes));
    ListPart.Items<Item> items = part.of(all, Item::key);
    Set<String> keys = new HashSet<>(items.items().stream().map(Item::key).toList());
    return new VulnerabilitiesView(
        image,
        fixed.map(fixes -> view(fixes, "fixed", keys, part)),
        toFix.map(fixes -> view(fixes, "toFix", keys, part)),
        notCompared,
        items.next());
  }

  private static void add(List<Item> all, String list, Fixes fixes) {
    for (SourceFixes source : fixes.sources()) {
      source.fixed().forEach(cve -> all.add(new Item(list, source, cve)));
      source.mentioned().forEach(cve -> all.add(new Item(list, source, cve)));
    }
  }

  private static FixesView view(Fixes fixes, String list, Set<String> keys, ListPart part) {
    return FixesView.part(
        fixes, (source, cve) -> keys.contains(new Item(list, source, cve).key()), part.isFirst());
  }
}
