package dev.regild.server;

import dev.regild.account.MasterKey;
import dev.regild.channel.ChannelFiles;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.layers.NodeCache;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.FileUploads;
import dev.regild.disk.upload.LocalDisks;
import dev.regild.disk.upload.ObjectDiskStore;
import dev.regild.disk.upload.ResumableUploads;
import dev.regild.disk.upload.UploadedDisks;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.SharedPackages;
import dev.regild.image.LayerRecords;
import dev.regild.job.node.Turns;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreSettings;
import dev.regild.update.store.StoreGarbage;
import dev.regild.update.store.StoreOwner;
import dev.regild.update.store.StoreScrub;
import dev.regild.update.store.StoreUpkeep;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a server keeps large files: in its data directory, or in a store that nodes share.
 *
 * @param layers of images
 * @param disks uploaded and exported ones
 * @param uploads that become disks
 * @param channels with their snapshots
 * @param packages that updates have downloaded
 * @param parts that run for it
 */
record Storage(
    LayerStore layers,
    DiskStore disks,
    ResumableUploads uploads,
    ChannelStore channels,
    PackageCache packages,
    Parts parts)
    implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);

  /**
   * Opens what the configuration names.
   *
   * @throws ConfigException if the data directory has layers and a store is configured
   */
  static Storage open(
      Config config,
      Path data,
      Database database,
      MasterKey masterKey,
      DiskCheck check,
      RoomReservations room,
      Turns turns,
      Clock clock)
      throws ConfigException, IOException {
    return config.store().isEmpty()
        ? here(data, check, room, clock)
        : shared(
            config, config.store().get(), data, database, masterKey, check, room, turns, clock);
  }

  private static Storage here(Path data, DiskCheck check, RoomReservations room, Clock clock)
      throws IOException {
    UploadedDisks disks = new UploadedDisks(data.resolve("disks"), check, clock, room);
    return new Storage(
        new DirectoryLayerStore(data),
        disks,
        new FileUploads(data.resolve("uploads"), disks, room, clock),
        new ChannelStore(data, clock),
        new PackageCache(data),
        new Parts());
  }

  private static Storage shared(
      Config config,
      StoreSettings settings,
      Path data,
      Database database,
      MasterKey masterKey,
      DiskCheck check,
      RoomReservations room,
      Turns turns,
      Clock clock)
      throws ConfigException, IOException {
    OwnLayers.requireNone(data);
    NodeCache cache = new NodeCache(data.resolve("cache"), config.cache().bytes(), room);
    Parts parts = new Parts();
    ObjectStore objects = new ObjectStore(settings);
    var _ = parts.opened(objects);
    if (database.isShared()) {
      requireOurs(database, objects);
    }
    ObjectDiskStore disks =
        new ObjectDiskStore(database, objects, cache, data.resolve("arriving"), check, clock, room);
    moveDisks(
        data.resolve("disks"),
        new UploadedDisks(data.resolve("disks"), check, clock, room),
        database,
        objects);
    ContentStore contents = new ContentStore(database, objects);
    ChannelFiles channels = channels(database, contents, masterKey, data);
    StoreSettings.Upkeep upkeep = settings.upkeep();
    var _ =
        parts.opened(
            StoreUpkeep.start(
                database,
                new StoreGarbage(database, objects, upkeep.grace()),
                new StoreScrub(database, objects, upkeep.scrub()),
                turns));
    return new Storage(
        new ObjectLayerStore(
            objects, cache, id -> database.read(handle -> LayerRecords.chain(handle, id))),
        disks,
        disks.resumable(),
        new ChannelStore(data, clock, channels),
        new PackageCache(data, new SharedPackages(database, contents)),
        parts);
  }

  /**
   * With another one, this node would look for layers where none are, and write where none look.
   */
  private static void requireOurs(Database database, ObjectStore objects)
      throws ConfigException, IOException {
    try {
      Optional<String> conflict = StoreOwner.conflict(database, objects);
      if (conflict.isPresent()) {
        throw new ConfigException("store: " + conflict.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while looking at the store");
    } catch (IOException e) {
      // Jobs wait for the store as well, and the garbage collection looks again.
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("cannot see whose the store is");
    }
  }

  /** Before any job runs, as jobs would not find them. */
  private static void moveDisks(
      Path directory, UploadedDisks local, Database database, ObjectStore objects)
      throws IOException {
    try {
      new LocalDisks(directory, local, database, objects).move();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while moving disks into the store");
    }
  }

  /** Takes over what other nodes have done while this one was away. */
  private static ChannelFiles channels(
      Database database, ContentStore contents, MasterKey masterKey, Path data) throws IOException {
    try {
      SharedChannels channels =
          new SharedChannels(database, contents, new MasterKeySeal(masterKey), data);
      channels.pull();
      return channels;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading the channels");
    }
  }

  @Override
  public void close() {
    parts.close();
  }
}
