package dev.regild.db;

import java.util.Collection;
import java.util.List;
import java.util.stream.Gatherers;
import java.util.stream.Stream;

/** Values for the lists of statements. */
public final class Portions {
  /** Databases limit the values of a statement: SQLite by default to 32,766. */
  public static final int MOST = 500;

  private Portions() {}

  /** Divides values among as few statements as possible, in order; none is empty. */
  public static <T> Stream<List<T>> of(Collection<T> values) {
    return values.stream().gather(Gatherers.windowFixed(MOST));
  }
}
