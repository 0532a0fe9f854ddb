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
    return page >= pages.length || pages[page] == null ? null : pages[page][number % PAGE];
  }

  void putIfAbsent(int number, InstalledPackage each) {
    int page = number / PAGE;
    if (page >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(page + 1, 2 * pages.length));
    }
    if (pages[page] == null) {
      pages[page] = new InstalledPackage[PAGE];
    }
    if (pages[page][number % PAGE] == null) {
      pages[page][number % PAGE] = each;
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
