package dev.regild.files;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares files with their digests, and remembers what it found: gigabytes that nobody has touched
 * are read once a day.
 */
public final class VerifiedFiles {
  /** After which a file is read again, since a disk may lose bits without a trace. */
  static final Duration TRUSTED = Duration.ofDays(1);

  private final Cache<Path, Verified> verified;

  public VerifiedFiles(Clock clock) {
    this.verified =
        Caffeine.newBuilder()
            .expireAfterWrite(TRUSTED)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  private record Verified(String sha256, FileStamp stamp) {}

  /** Whether it is a file with that content, or was within a day and is still the same. */
  public boolean isIntact(Path file, String sha256) throws IOException {
    // Stamped before it is read, so that a change in the meantime shows the next time.
    @Nullable FileStamp stamp = FileStamp.of(file).orElse(null);
    if (stamp == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      verified.invalidate(file);
      return false;
    }
    Verified now = new Verified(sha256, stamp);
    if (now.equals(verified.getIfPresent(file))) {
      return true;
    }
    verified.invalidate(file);
    if (!Sha256.of(file).equals(sha256)) {
      return false;
    }
    verified.put(file, now);
    return true;
  }
}
