package dev.regild.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares files with their digests, and remembers what it found: gigabytes that nobody has touched
 * are read once a day.
 */
public final class VerifiedFiles {
  /** After which a file is read again, since a disk may lose bits without a trace. */
  static final Duration TRUSTED = Duration.ofDays(1);

  private final Clock clock;
  private final ConcurrentMap<Path, Verified> verified = new ConcurrentHashMap<>();

  public VerifiedFiles(Clock clock) {
    this.clock = clock;
  }

  private record Verified(String sha256, FileStamp stamp, Instant at) {}

  /** Whether it is a file with that content, or was within a day and is still the same. */
  public boolean isIntact(Path file, String sha256) throws IOException {
    // Stamped before it is read, so that a change in the meantime shows the next time.
    @Nullable FileStamp stamp = FileStamp.of(file).orElse(null);
    if (stamp == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      verified.remove(file);
      return false;
    }
    Instant now = clock.instant();
    @Nullable Verified last = verified.get(file);
    if (last != null
        && last.sha256().equals(sha256)
        && last.stamp().equals(stamp)
        && now.isBefore(last.at().plus(TRUSTED))) {
      return true;
    }
    verified.remove(file);
    if (!Sha256.of(file).equals(sha256)) {
      return false;
    }
    verified.put(file, new Verified(sha256, stamp, now));
    return true;
  }
}
