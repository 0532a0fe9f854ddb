package dev.regild.cli.channel;

import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.account.WrongMasterKeyException;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.db.Database;
import dev.regild.image.Inventories;
import dev.regild.server.MasterKeySeal;
import dev.regild.server.config.Config;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectStore;
import dev.regild.update.planning.RegistryRefresh;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The channels that a command works on: in the data directory, or in a store that nodes share.
 *
 * @param registry of the server
 * @param shared the same channels; empty without a store
 * @param connections to be ended after the command
 */
record ChannelAccess(
    ChannelStore channels, Optional<SharedChannels> shared, Registry registry, Runnable connections)
    implements AutoCloseable {

  /**
   * Opens the channels of a server.
   *
   * @throws IOException if they are in a store that is not named
   */
  static ChannelAccess open(Path data, Config server) throws IOException {
    if (server.store().isPresent()) {
      return shared(data, server);
    }
    if (SharedChannels.areIn(data)) {
      throw new IOException(
          "The channels of %s are in a store. Name the server's configuration with --config FILE, or with REGILD_STORE and REGILD_DATABASE."
              .formatted(data));
    }
    Path file = data.resolve("regild.db");
    return new ChannelAccess(
        new ChannelStore(data, Clock.systemUTC()),
        Optional.empty(),
        server.database().isEmpty() && Files.isRegularFile(file)
            ? refresh -> {
              try (Database database = Database.open(file)) {
                return refresh.with(database);
              }
            }
            : Registry.NONE,
        () -> {});
  }

  private static ChannelAccess shared(Path data, Config server) throws IOException {
    MasterKey masterKey =
        MasterKey.loadExisting(
            data.resolve("master.key"),
            Optional.ofNullable(System.getenv(MasterKey.ENVIRONMENT_VARIABLE)));
    Opened registry = LocalRegistry.open(server);
    ObjectStore objects = new ObjectStore(server.store().orElseThrow());
    Runnable connections =
        () -> {
          objects.close();
          registry.close();
        };
    boolean done = false;
    try {
      MasterKeyProof.require(registry.database(), masterKey);
      SharedChannels shared =
          new SharedChannels(
              registry.database(),
              new ContentStore(registry.database(), objects),
              new MasterKeySeal(masterKey),
              data);
      shared.pull();
      ChannelAccess access =
          new ChannelAccess(
              new ChannelStore(data, Clock.systemUTC(), shared),
              Optional.of(shared),
              refresh -> refresh.with(registry.database()),
              connections);
      done = true;
      return access;
    } catch (WrongMasterKeyException e) {
      throw new IOException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading the channels");
    } finally {
      if (!done) {
        connections.run();
      }
    }
  }

  /** A refresh beside a registry. */
  @FunctionalInterface
  interface Refreshing {
    /**
     * @param database null before the server's first start
     */
    RefreshResult with(@Nullable Database database) throws ChannelException, InterruptedException;
  }

  /** The registry of the server, which is open while a channel is refreshed. */
  @FunctionalInterface
  interface Registry {
    Registry NONE = refresh -> refresh.with(null);

    RefreshResult beside(Refreshing refresh)
        throws IOException, ChannelException, InterruptedException;
  }

  /** Refreshes a channel; with a registry, servers show how far it is. */
  RefreshResult refresh(String name, Consumer<Progress> onProgress, Optional<Path> recording)
      throws IOException, ChannelException, InterruptedException {
    return registry.beside(database ->
        database == null
            ? channels.refresh(name, new RefreshOptions(onProgress, recording))
            : new RegistryRefresh(database, new Inventories(database), Clock.systemUTC())
                .refresh(channels, name, onProgress, recording));
  }

  @Override
  public void close() {
    connections.run();
  }
}
