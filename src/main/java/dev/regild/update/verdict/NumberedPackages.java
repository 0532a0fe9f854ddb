package dev.regild.update.verdict;

import dev.regild.plan.InstalledPackage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Packages by their numbers, in pages: an inventory asks for hundreds of them. */
final class NumberedPackages {
  private static final int PAGE = 1024;

  private @Nullable InstalledPackage[] @Nullable [] pages = new InstalledPackage[64][];
  private int size;

  /** Returns a package; null if there is none of that number. */
  @Nullable InstalledPackage get(int number) {
    int page = number / PAGE;
    @Nullable InstalledPackage[] packages = page >= pages.length ? null : pages[page];
    return packages == null ? null : packages[number % PAGE];
  }

  void putIfAbsent(int number, InstalledPackage each) {
    int page = number / PAGE;
    if (page >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(page + 1, 2 * pages.length));
    }
    @Nullable InstalledPackage[] packages = pages[page];
    if (packages == null) {
      packages = new InstalledPackage[PAGE];
      pages[page] = packages;
    }
    if (packages[number % PAGE] == null) {
      packages[number % PAGE] = each;
      size++;
    }
  }

  int size() {
    return size;
  }

  void clear() {
    pages = new InstalledPackage[64][];
    size = 0;
  }
}
