package dev.regild.update.verdict;

import dev.regild.plan.InstalledPackage;
import org.jspecify.annotations.Nullable;

/** Packages by their numbers, in pages: an inventory asks for hundreds of them. */
final class NumberedPackages {
  private static final int PAGE = 1024;

  private @Nullable InstalledPackage[] @Nullable [] pages = new InstalledPackage[64][];
  private int size;

  /** Returns a package; null if there is none of that number. */
  @Nullable InstalledPackage get(int number) {
    if (number / PAGE >= pages.length) {
      return null;
    }
    @Nullable InstalledPackage[] page = pages[number / PAGE];
    return page == null ? null : page[number % PAGE];
  }

  void putIfAbsent(int number, InstalledPackage each) {
    @Nullable InstalledPackage[] page = page(number / PAGE);
    if (page[number % PAGE] == null) {
      page[number % PAGE] = each;
      size++;
    }
  }

  private @Nullable InstalledPackage[] page(int number) {
    if (number >= pages.length) {
      @Nullable InstalledPackage[] @Nullable [] more =
          new InstalledPackage[Math.max(number + 1, 2 * pages.length)][];
      System.arraycopy(pages, 0, more, 0, pages.length);
      pages = more;
    }
    @Nullable InstalledPackage[] page = pages[number];
    if (page == null) {
      page = new InstalledPackage[PAGE];
      pages[number] = page;
    }
    return page;
  }

  int size() {
    return size;
  }

  void clear() {
    pages = new InstalledPackage[64][];
    size = 0;
  }
}
