package dev.regild.image;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Interner;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The inventories of images, each stored once however many images have it. The ones last used are
 * kept decoded, so that a dry run need not touch the database.
 */
public final class Inventories {
  /** One of Debian's desktop takes about half a megabyte of heap. */
  private static final int CACHED = 64;

  private final Database database;
  private final Cache<String, Inventory> cache = Caffeine.newBuilder().maximumSize(CACHED).build();

  /** Images of one distribution have nearly all of their packages in common. */
  private final Interner<InstalledPackage> packages = Interner.newWeakInterner();

  public Inventories(Database database) {
    this.database = database;
  }

  /**
   * Stores an inventory, and adds it to the index of packages.
   *
   * @return its digest, {@code sha256:} and lower-case hexadecimal digits
   */
  public String store(Handle handle, Inventory inventory) {
    return store(handle, List.of(inventory)).getFirst();
  }

  /**
   * Stores several inventories, which takes less time than one after the other.
   *
   * @return their digests, in the same order
   */
  public List<String> store(Handle handle, List<Inventory> inventories) {
    Map<String, Inventory> byDigest = new LinkedHashMap<>();
    List<String> digests = new ArrayList<>();
    for (Inventory each : inventories) {
      String digest = write(handle, each);
      byDigest.put(digest, each);
      digests.add(digest);
    }
    PackageIndex.add(handle, byDigest);
    return digests;
  }

  private static String write(Handle handle, Inventory inventory) {
    byte[] json = Json.writeBytes(inventory);
    String digest = digest(json);
    handle
        .createUpdate(
            """
            INSERT INTO inventory (digest, compressed_json) VALUES (:digest, :json)
            ON CONFLICT (digest) DO NOTHING
            """)
        .bind("digest", digest)
        .bind("json", Zstd.compress(json))
        .execute();
    return digest;
  }

  /**
   * The inventory of that digest, from memory where it was used lately.
   *
   * @throws IllegalStateException if it isn't there, or isn't what was stored
   */
  public Inventory load(String digest) {
    return cache.get(digest, this::read);
  }

  /** The same inside a transaction, which may have stored it itself. */
  public Inventory load(Handle handle, String digest) {
    Inventory known = cache.getIfPresent(digest);
    return known == null ? read(handle, digest) : known;
  }

  /** Reads an inventory that is not going to be used again soon; empty if it isn't there. */
  public Optional<Inventory> find(String digest) {
    Inventory known = cache.getIfPresent(digest);
    return known == null ? database.read(handle -> stored(handle, digest)) : Optional.of(known);
  }

  private Inventory read(String digest) {
    return database.read(handle -> read(handle, digest));
  }

  private Inventory read(Handle handle, String digest) {
    return stored(handle, digest)
        .orElseThrow(() -> new IllegalStateException("No inventory " + digest + "."));
  }

  private Optional<Inventory> stored(Handle handle, String digest) {
    return handle
        .createQuery("SELECT compressed_json FROM inventory WHERE digest = :digest")
        .bind("digest", digest)
        .mapTo(byte[].class)
        .findOne()
        .map(compressed -> decoded(digest, compressed));
  }

  private Inventory decoded(String digest, byte[] compressed) {
    byte[] json = decompressed(digest, compressed);
    if (!digest(json).equals(digest)) {
      throw damaged(digest, null);
    }
    return withSharedPackages(Json.read(json, Inventory.class));
  }

  private static byte[] decompressed(String digest, byte[] compressed) {
    try {
      return Zstd.decompress(compressed);
    } catch (ZstdException e) {
      throw damaged(digest, e);
    }
  }

  private static IllegalStateException damaged(String digest, @Nullable Exception cause) {
    return new IllegalStateException(
        "The inventory %s is damaged. Restore the database from its backup.".formatted(digest),
        cause);
  }

  private Inventory withSharedPackages(Inventory inventory) {
    return new Inventory(
        inventory.os(),
        inventory.architecture(),
        inventory.packages().stream().map(packages::intern).toList(),
        inventory.modules(),
        inventory.policy(),
        inventory.windows(),
        inventory.configuration());
  }

  static void removeUnneeded(Handle handle, String digest) {
    handle
        .createUpdate(
            """
            DELETE FROM inventory
             WHERE digest = :digest
               AND NOT EXISTS (SELECT 1 FROM image WHERE inventory_digest = :digest)
            """)
        .bind("digest", digest)
        .execute();
  }

  private static String digest(byte[] json) {
    return "sha256:" + Sha256.of(json);
  }
}
