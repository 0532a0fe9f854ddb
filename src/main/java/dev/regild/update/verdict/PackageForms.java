package dev.regild.update.verdict;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import dev.regild.db.Database;
import dev.regild.db.Portions;
import dev.regild.files.Sha256;
import dev.regild.image.Inventories;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Inventories in a short form, a list of numbers of packages: it takes a hundredth of the time to
 * read, and the packages that inventories have in common are the same objects. The form of an
 * inventory is made when it is first asked for. For one thread.
 */
final class PackageForms {
  /** In one transaction, in which nobody else can write to an SQLite. */
  private static final int FORMED_AT_ONCE = 50;

  /** About 400 bytes each. */
  private static final int MOST_PACKAGES = 300_000;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  private final Database database;
  private final Inventories inventories;
  private final NumberedPackages byNumber = new NumberedPackages();
  private final Map<InstalledPackage, Integer> numbers = new HashMap<>();
  private final Map<String, Inventory> settings = new HashMap<>();

  PackageForms(Database database, Inventories inventories) {
    this.database = database;
    this.inventories = inventories;
  }

  private static final class Form {
    private final String setting;
    private final int[] packages;

    Form(String setting, int[] packages) {
      this.setting = setting;
      this.packages = packages;
    }
  }

  /**
   * Forgets packages if there are many, so that hostile images can't fill the memory.
   *
   * @return whether packages of later inventories are other objects than those of earlier ones
   */
  boolean forgetMany() {
    boolean many = byNumber.size() > MOST_PACKAGES;
    if (many) {
      byNumber.clear();
      numbers.clear();
      settings.clear();
    }
    return many;
  }

  /**
   * Returns inventories by digest.
   *
   * @return lacks those that have gone
   * @throws IllegalStateException if one is damaged
   */
  Map<String, Inventory> load(List<String> digests) {
    Map<String, Form> forms = new HashMap<>();
    for (List<String> some : Portions.of(digests).toList()) {
      forms.putAll(database.read(handle -> stored(handle, some)));
    }
    Map<String, Inventory> loaded = new HashMap<>();
    List<String> unformed = digests.stream().filter(each -> !forms.containsKey(each)).toList();
    for (int from = 0; from < unformed.size(); from += FORMED_AT_ONCE) {
      List<String> some = unformed.subList(from, Math.min(unformed.size(), from + FORMED_AT_ONCE));
      forms.putAll(formed(some, loaded));
    }
    if (!forms.isEmpty()) {
      loadPackages(forms.values());
      forms.forEach((digest, form) -> loaded.put(digest, inventory(form)));
    }
    return loaded;
  }

  /**
   * Makes the forms of inventories.
   *
   * @param loaded is given those that have no form
   */
  private Map<String, Form> formed(List<String> digests, Map<String, Inventory> loaded) {
    Map<String, Inventory> unformed = new HashMap<>();
    for (String digest : digests) {
      inventories
          .find(digest)
          .ifPresent(each -> (each.windows().isPresent() ? loaded : unformed).put(digest, each));
    }
    if (unformed.isEmpty()) {
      return Map.of();
    }
    database
        .inTransaction(handle -> store(handle, unformed))
        .forEach((each, number) -> {
          numbers.put(each, number);
          byNumber.putIfAbsent(number, each);
        });
    return database.read(handle -> stored(handle, List.copyOf(unformed.keySet())));
  }

  private static Map<String, Form> stored(Handle handle, List<String> digests) {
    return handle
        .createQuery(
            "SELECT inventory_digest, setting, packages FROM inventory_form"
                + " WHERE inventory_digest IN (<digests>)")
        .bindList("digests", digests)
        .map((row, _) ->
            Map.entry(
                row.getString("inventory_digest"),
                new Form(row.getString("setting"), unpacked(row.getBytes("packages")))))
        .stream()
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** A package and its JSON. */
  private record Facts(String json, InstalledPackage itself) {}

  /** Returns the numbers of the packages that have none in memory. */
  private Map<InstalledPackage, Integer> store(Handle handle, Map<String, Inventory> all) {
    Map<InstalledPackage, Integer> found = new HashMap<>();
    Map<String, Facts> unknown = new HashMap<>();
    for (Inventory inventory : all.values()) {
      for (InstalledPackage each : inventory.packages()) {
        if (!numbers.containsKey(each)) {
          String json = JSON.writeValueAsString(each);
          unknown.put(Sha256.of(json.getBytes(UTF_8)), new Facts(json, each));
        }
      }
    }
    for (List<String> some : Portions.of(unknown.keySet()).toList()) {
      handle
          .createQuery(
              "SELECT id, facts_sha256 FROM known_package WHERE facts_sha256 IN (<hashes>)")
          .bindList("hashes", some)
          .map((row, _) -> Map.entry(row.getInt("id"), row.getString("facts_sha256")))
          .forEach(each ->
              found.put(
                  Objects.requireNonNull(unknown.remove(each.getValue())).itself(), each.getKey()));
    }
    int next =
        handle
            .createQuery("SELECT COALESCE(MAX(id), 0) FROM known_package")
            .mapTo(Integer.class)
            .one();
    PreparedBatch packages =
        handle.prepareBatch(
            "INSERT INTO known_package (id, facts_sha256, facts) VALUES (:id, :hash, :facts)");
    for (Map.Entry<String, Facts> each : unknown.entrySet()) {
      next++;
      packages
          .bind("id", next)
          .bind("hash", each.getKey())
          .bind("facts", each.getValue().json())
          .add();
      found.put(each.getValue().itself(), next);
    }
    if (packages.size() > 0) {
      var _ = packages.execute();
    }
    PreparedBatch forms =
        handle.prepareBatch(
            """
            INSERT INTO inventory_form (inventory_digest, setting, packages)
            SELECT digest, :setting, :packages FROM inventory WHERE digest = :inventory
            ON CONFLICT (inventory_digest) DO NOTHING
            """);
    all.forEach((digest, inventory) ->
        forms
            .bind("inventory", digest)
            .bind("setting", JSON.writeValueAsString(inventory.with(List.of())))
            .bind("packages", packed(inventory, found))
            .add());
    var _ = forms.execute();
    return found;
  }

  /** The differences of the sorted numbers, in groups of seven bits, the lowest first. */
  private byte[] packed(Inventory inventory, Map<InstalledPackage, Integer> found) {
    int[] sorted =
        inventory.packages().stream()
            .mapToInt(each ->
                Objects.requireNonNull(
                    found.containsKey(each) ? found.get(each) : numbers.get(each)))
            .sorted()
            .toArray();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(2 * sorted.length);
    int last = 0;
    for (int number : sorted) {
      int difference = number - last;
      for (; difference >= 0x80; difference >>>= 7) {
        bytes.write((difference & 0x7f) | 0x80);
      }
      bytes.write(difference);
      last = number;
    }
    return bytes.toByteArray();
  }

  private static int[] unpacked(byte[] bytes) {
    int[] numbers = new int[bytes.length];
    int count = 0;
    int last = 0;
    int difference = 0;
    int shift = 0;
    for (byte each : bytes) {
      difference |= (each & 0x7f) << shift;
      shift += 7;
      if (each >= 0) {
        last += difference;
        numbers[count++] = last;
        difference = 0;
        shift = 0;
      }
    }
    return Arrays.copyOf(numbers, count);
  }

  private void loadPackages(Collection<Form> forms) {
    // They are counted from 1, so there is a bit for few that are not there.
    BitSet missing = new BitSet();
    for (Form form : forms) {
      for (int number : form.packages) {
        if (byNumber.get(number) == null) {
          missing.set(number);
        }
      }
    }
    for (List<Integer> some : Portions.of(missing.stream().boxed().toList()).toList()) {
      database
          .read(handle ->
              handle
                  .createQuery("SELECT id, facts FROM known_package WHERE id IN (<numbers>)")
                  .bindList("numbers", some)
                  .map((row, _) ->
                      Map.entry(
                          row.getInt("id"),
                          JSON.readValue(row.getString("facts"), InstalledPackage.class)))
                  .list())
          .forEach(each -> byNumber.putIfAbsent(each.getKey(), each.getValue()));
    }
  }

  private Inventory inventory(Form form) {
    List<InstalledPackage> packages = new ArrayList<>(form.packages.length);
    for (int number : form.packages) {
      packages.add(Objects.requireNonNull(byNumber.get(number)));
    }
    Inventory setting =
        settings.computeIfAbsent(form.setting, json -> JSON.readValue(json, Inventory.class));
    return setting.with(packages);
  }
}
