package dev.regild.cli.channel;

import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.account.WrongMasterKeyException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.server.MasterKeySeal;
import dev.regild.server.config.Config;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * The channels that a command works on: in the data directory, or in a store that nodes share.
 *
 * @param shared the same channels; empty without a store
 * @param connections to be ended after the command
 */
record ChannelAccess(ChannelStore channels, Optional<SharedChannels> shared, Runnable connections)
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
    return new ChannelAccess(new ChannelStore(data, Clock.systemUTC()), Optional.empty(), () -> {});
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
              new ChannelStore(data, Clock.systemUTC(), shared), Optional.of(shared), connections);
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

  @Override
  public void close() {
    connections.run();
  }
}
