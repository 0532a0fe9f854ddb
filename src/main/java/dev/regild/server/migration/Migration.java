package dev.regild.server.migration;

import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.disk.upload.ObjectDiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.disk.upload.UploadedDisks;
import dev.regild.image.LayerRecords;
import dev.regild.server.MasterKeySeal;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Moves an embedded registry to PostgreSQL and a store. Objects first, each read back; then all
 * rows in one transaction. So an interrupted move can be run again, and a half one is never a
 * registry. The source is not changed.
 */
public final class Migration {
  private final Path data;
  private final Database target;
  private final ObjectStore objects;
  private final Consumer<String> progress;

  /**
   * @param data the source's data directory
   * @param progress is told what is being done
   */
  public Migration(Path data, Database target, ObjectStore objects, Consumer<String> progress) {
    this.data = data;
    this.target = target;
    this.objects = objects;
    this.progress = progress;
  }

  /**
   * What was moved.
   *
   * @param rows by table
   * @param bytes of layers and disks
   */
  public record Summary(Map<String, Long> rows, int layers, int disks, int channels, long bytes) {}

  /**
   * Moves everything.
   *
   * @throws MigrationException if the source is in use or damaged, or the target is not empty
   */
  public Summary run() throws IOException, InterruptedException {
    MasterKey masterKey =
        MasterKey.loadExisting(
            data.resolve("master.key"),
            Optional.ofNullable(System.getenv(MasterKey.ENVIRONMENT_VARIABLE)));
    try (SourceDirectory source = SourceDirectory.open(data)) {
      List<Layer> layers = source.database().read(LayerRecords::list);
      List<UploadedDisk> disks = UploadedDisks.read(data.resolve("disks"));
      begin(source.id());
      requireOwnObjects(layers, disks);
      ObjectCopy copy = new ObjectCopy(target, objects);
      long bytes = copyLayers(copy, layers) + copyDisks(copy, disks);
      int channels = moveChannels(source, masterKey);
      progress.accept("Copying the rows of the registry.");
      Map<String, Long> rows = copyRows(source, disks);
      MasterKeyProof.require(target, masterKey);
      return new Summary(rows, layers.size(), disks.size(), channels, bytes);
    }
  }

  /** Takes an empty target, or this migration's own half. */
  private void begin(String source) throws MigrationException {
    target.useTransaction(handle -> {
      List<String> others =
          handle
              .createQuery("SELECT source FROM migration WHERE source <> :source")
              .bind("source", source)
              .mapTo(String.class)
              .list();
      Optional<String> used = TableCopy.used(handle);
      boolean ours =
          handle
                  .createQuery("SELECT COUNT(*) FROM migration WHERE source = :source")
                  .bind("source", source)
                  .mapTo(Integer.class)
                  .one()
              > 0;
      if (ours && used.isPresent()) {
        throw new MigrationException(
            "This registry was moved to that database already. Start servers with the database and the store, and not with %s."
                .formatted(data));
      }
      if (!others.isEmpty() || used.isPresent()) {
        throw new MigrationException(
            "The database is not empty (%s). Name a new database."
                .formatted(used.orElse("another migration began")));
      }
      handle
          .createUpdate(
              "INSERT INTO migration (source, begun) VALUES (:source, :now) ON CONFLICT (source) DO NOTHING")
          .bind("source", source)
          .bind("now", DatabaseTime.now(handle).toEpochMilli())
          .execute();
    });
  }

  /** The store has nothing but what this migration writes. */
  private void requireOwnObjects(List<Layer> layers, List<UploadedDisk> disks)
      throws IOException, InterruptedException {
    Set<String> own = new HashSet<>();
    layers.forEach(layer -> own.add(ObjectLayerStore.object(layer)));
    disks.forEach(disk -> own.add(ObjectDiskStore.movedObject(disk)));
    List<String> foreign = new ArrayList<>();
    objects.list(
        "",
        page ->
            page.stream()
                .map(object -> object.name())
                .filter(name -> !own.contains(name) && !name.startsWith(ContentStore.FOLDER))
                .forEach(foreign::add));
    if (!foreign.isEmpty()) {
      throw new MigrationException(
          "The store %s is not empty (%s). Name a prefix without objects."
              .formatted(objects.location(), foreign.getFirst()));
    }
  }

  private long copyLayers(ObjectCopy copy, List<Layer> layers)
      throws IOException, InterruptedException {
    long bytes = 0;
    for (Layer layer : layers) {
      progress.accept("Copying the layer %s.".formatted(layer.id()));
      copy.copy(
          "The layer " + layer.id(),
          data.resolve("layers").resolve(layer.id() + ".qcow2"),
          new ObjectRecord(ObjectLayerStore.object(layer), layer.bytes(), layer.sha256()));
      bytes += layer.bytes();
    }
    return bytes;
  }

  private long copyDisks(ObjectCopy copy, List<UploadedDisk> disks)
      throws IOException, InterruptedException {
    long bytes = 0;
    for (UploadedDisk disk : disks) {
      progress.accept("Copying the disk %s.".formatted(disk.id()));
      copy.copy(
          "The disk " + disk.id(),
          data.resolve("disks").resolve(disk.id() + ".disk"),
          new ObjectRecord(ObjectDiskStore.movedObject(disk), disk.bytes(), disk.sha256()));
      bytes += disk.bytes();
    }
    return bytes;
  }

  private int moveChannels(SourceDirectory source, MasterKey masterKey)
      throws IOException, InterruptedException {
    progress.accept("Copying channels and snapshots.");
    Path view = source.linked(List.of("channels", "snapshots", "client-certificates", "auth.conf"));
    return new SharedChannels(
            target, new ContentStore(target, objects), new MasterKeySeal(masterKey), view)
        .takeOver();
  }

  private Map<String, Long> copyRows(SourceDirectory source, List<UploadedDisk> disks)
      throws MigrationException {
    return source
        .database()
        .read(from ->
            target.inTransaction(to -> {
              Map<String, Long> rows = new TableCopy(from, to).run();
              disks.forEach(disk -> ObjectDiskStore.recordMoved(to, disk));
              finish(to, source.id());
              return rows;
            }));
  }

  private static void finish(Handle handle, String source) {
    handle
        .createUpdate("UPDATE migration SET finished = :now WHERE source = :source")
        .bind("now", DatabaseTime.now(handle).toEpochMilli())
        .bind("source", source)
        .execute();
  }
}
