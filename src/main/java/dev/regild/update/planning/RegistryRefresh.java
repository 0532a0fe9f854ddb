package dev.regild.update.planning;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.ImageInventories;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.RunningRefreshes;
import dev.regild.db.Database;
import dev.regild.image.Inventories;
import dev.regild.inventory.Inventory;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes channels beside a registry: the refresh knows what is installed in the images, and
 * every node can see how far it is.
 */
public final class RegistryRefresh implements ImageInventories {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryRefresh.class);

  private final Database database;
  private final Inventories inventories;
  private final Clock clock;

  public RegistryRefresh(Database database, Inventories inventories, Clock clock) {
    this.database = database;
    this.inventories = inventories;
    this.clock = clock;
  }

  /** Refreshes a channel; nobody is told how far it is but the registry. */
  public RefreshResult refresh(ChannelStore channels, String name)
      throws ChannelException, InterruptedException {
    return refresh(channels, name, _ -> {}, Optional.empty());
  }

  /**
   * Refreshes a channel.
   *
   * @param onProgress is told how far it is, too
   * @param recording see {@link RefreshOptions}
   */
  public RefreshResult refresh(
      ChannelStore channels, String name, Consumer<Progress> onProgress, Optional<Path> recording)
      throws ChannelException, InterruptedException {
    AtomicReference<String> doing = new AtomicReference<>("refreshing");
    String refresh = UUID.randomUUID().toString();
    Thread beat = Thread.ofVirtual().name("refresh-beat").start(() -> beat(name, refresh, doing));
    try {
      return channels.refresh(
          name,
          new RefreshOptions(
              progress -> {
                doing.set(progress.text());
                onProgress.accept(progress);
              },
              recording,
              Optional.of(this)));
    } finally {
      beat.interrupt();
      end(name, refresh, beat);
    }
  }

  /** What is not written is only not shown. */
  private void beat(String name, String refresh, AtomicReference<String> doing) {
    try {
      while (true) {
        try {
          database.useTransaction(handle ->
              RunningRefreshes.write(handle, name, refresh, doing.get(), clock.instant()));
        } catch (RuntimeException e) {
          LOG.atDebug().addKeyValue("reason", e.toString()).log("a refresh can't be shown");
        }
        Thread.sleep(RunningRefreshes.BEAT);
      }
    } catch (InterruptedException e) {
      LOG.trace("the refresh of {} has ended", name);
    }
  }

  private void end(String name, String refresh, Thread beat) {
    try {
      // Else it could write once more, behind the end.
      var _ = beat.join(RunningRefreshes.BEAT);
      database.useTransaction(
          handle -> RunningRefreshes.end(handle, name, refresh, clock.instant()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.atDebug().addKeyValue("reason", e.toString()).log("a refresh is shown for longer");
    }
  }

  @Override
  public void each(String platform, Consumer<Inventory> action) {
    for (String digest : digests(platform)) {
      find(digest).ifPresent(action);
    }
  }

  /** Leaves out a damaged one, which concerns its images only. */
  private Optional<Inventory> find(String digest) {
    try {
      return inventories.find(digest);
    } catch (IllegalStateException e) {
      LOG.atWarn()
          .addKeyValue("reason", e.getMessage())
          .log("refreshes do not look at an image's inventory");
      return Optional.empty();
    }
  }

  private List<String> digests(String platform) {
    return database.read(handle ->
        handle
            .createQuery(
                """
                SELECT DISTINCT inventory_digest FROM image
                 WHERE platform = :platform AND inventory_digest IS NOT NULL
                 ORDER BY inventory_digest
                """)
            .bind("platform", platform)
            .mapTo(String.class)
            .list());
  }
}
