package dev.regild.channel;

import java.io.IOException;

/**
 * Counts what of an index is kept in memory. An index is as long as its repository makes it, and
 * one that is proven by its server's certificate alone is as good as its server.
 */
public final class Kept {
  private final String what;
  private final int most;
  private int count;

  /**
   * @param what in the plural, for the message
   * @param most that are kept, far more than any repository has
   */
  public Kept(String what, int most) {
    this.what = what;
    this.most = most;
  }

  /**
   * Counts some more.
   *
   * @throws IOException if they are too many
   */
  public void add(int more) throws IOException {
    if (more > most - count) {
      throw new IOException("it has more than " + most + " " + what + "; use another repository");
    }
    count += more;
  }
}
