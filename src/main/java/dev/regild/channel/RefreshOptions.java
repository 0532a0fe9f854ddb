package dev.regild.channel;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How a refresh is made.
 *
 * @param onProgress is told how far it is, if its package system says so; from any thread
 * @param recording a directory that gets what was exchanged with servers, without secrets, for
 *     somebody to look at; empty for none
 * @param images what the images have; empty if nobody knows here
 */
public record RefreshOptions(
    Consumer<Progress> onProgress, Optional<Path> recording, Optional<ImageInventories> images) {
  /** Told to nobody, recorded nowhere. */
  public static final RefreshOptions NONE = new RefreshOptions(_ -> {}, Optional.empty());

  /** A refresh that does not know the images. */
  public RefreshOptions(Consumer<Progress> onProgress, Optional<Path> recording) {
    this(onProgress, recording, Optional.empty());
  }

  /**
   * How far a refresh is.
   *
   * @param doing what is being done, in a few words that stay the same until it is done
   * @param done of the total; 0 while it is not known
   * @param total of what is to be done; 0 while it is not known
   */
  public record Progress(String doing, long done, long total) {
    /** Returns it in a line. */
    public String text() {
      if (total > 0) {
        return "%s: %,d of %,d".formatted(doing, done, total);
      }
      return done > 0 ? "%s: %,d so far".formatted(doing, done) : doing;
    }
  }
}
