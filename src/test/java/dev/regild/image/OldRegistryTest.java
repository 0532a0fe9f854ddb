package dev.regild.image;

import static dev.regild.image.Registry.ALICE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A registry as the server wrote it before plans knew what is kept back, inventories the owner's
 * policy and qualifications warnings (schema 31), opened by this one. The JSON is that server's.
 */
class OldRegistryTest {
  private static final String INVENTORY =
      """
      {"os":{"platform":"DEBIAN_12","name":"Debian GNU/Linux 12 (bookworm)",\
      "version":"12"},"architecture":"amd64","packages":[{"name":"bash",\
      "architecture":"amd64","version":"5.2.15-2+b7","held":false},{"name":"linux-image-amd64",\
      "architecture":"amd64","version":"6.1.1","held":true}],"modules":{},"windows":null}\
      """;

  private static final String PLAN =
      """
      {"changes":[{"kind":"OS","name":"bash","architecture":"amd64","from":"5.2.15-2+b7",\
      "to":"5.2.15-2+b8","security":false,"advisories":[]}],"securityOnly":false}\
      """;

  private static final String QUALIFICATION =
      """
      {"kernel":"6.1.0-44-amd64","systemState":"running","failedUnits":[]}\
      """;

  private static final String LAYOUT =
      """
      {"firmware":"UEFI","filesystems":[{"mountPoint":"/","device":"/dev/sda2",\
      "offset":1048576,"size":1099511627776,"type":"ext4","uuid":"u","label":"l",\
      "partitionUuid":"p"}],"hardware":{"bus":"VIRTIO","tpm":false}}\
      """;

  private static final String INSERT_IMAGE =
      """
      INSERT INTO image (id, account_id, region, name, state, errors, visibility, image_type,
          image_builder_supported, platform, applications, created, allow_fleet,
          allow_image_builder, instance_families, dynamic_app_providers, managed_software, layer_id,
          inventory_digest, disk_layout, previous_id, previous_name, snapshot_digest, qualification)
      VALUES (:id, '111111111111', 'eu-central-1', :name, :state, '[]', 'PRIVATE', 'CUSTOM',
          TRUE, 'DEBIAN_12', '[]', 1700000000000, TRUE, TRUE, '[]', FALSE, FALSE, :layer,
          :inventory, :layout, :previous, :previousName, :snapshot, :qualification)
      """;

  @TempDir Path directory;

  @Test
  void itsImagesInventoriesPlansAndJobsAreReadable() throws Exception {
    String digest =
        "sha256:"
            + HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(INVENTORY.getBytes(UTF_8)));
    leftBefore().useHandle(handle -> fill(handle, digest));
    try (Registry registry = new Registry(directory)) {
      Image updated = registry.read(h -> Images.requireOwned(h, ALICE, "updated"));
      assertThat(updated.qualification())
          .hasValue(new Qualification("6.1.0-44-amd64", "running", List.of(), List.of()));
      ImageDisk disk = updated.disk().orElseThrow();
      assertThat(disk.layout()).isEqualTo(Registry.LAYOUT);
      Inventory inventory = registry.inventories.load(disk.inventory());
      assertThat(inventory.isComplete()).as("read again by the next update").isFalse();
      assertThat(inventory.packages())
          .containsExactly(
              new InstalledPackage("bash", "amd64", "5.2.15-2+b7", false),
              new InstalledPackage("linux-image-amd64", "amd64", "6.1.1", true));
      for (String id : List.of("i-updated", "i-running")) {
        UpdateRecord record = registry.read(h -> registry.updates.findById(h, id)).orElseThrow();
        UpdatePlan plan = record.plan();
        assertThat(plan.changes())
            .singleElement()
            .satisfies(change -> assertThat(change.to()).isEqualTo("5.2.15-2+b8"));
        assertThat(plan.keptBack()).isEmpty();
        assertThat(plan.others()).isEmpty();
        assertThat(plan.warnings()).isEmpty();
        assertThat(record.options()).isEqualTo(UpdateOptions.NONE);
      }
      assertThat(registry.<List<UpdateRecord>>read(h -> registry.updates.inFlight(h)))
          .extracting(UpdateRecord::imageName)
          .containsExactly("running");
      assertThat(
              registry.<Integer>read(h ->
                  h.createQuery("SELECT attempts FROM scheduled_tasks").mapTo(Integer.class).one()))
          .isZero();
    }
  }

  private Jdbi leftBefore() {
    String url = "jdbc:sqlite:" + directory.resolve("regild.db");
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/migration")
        .target("31")
        .load()
        .migrate();
    return Jdbi.create(url);
  }

  private static void fill(Handle handle, String digest) {
    handle.execute(
        "INSERT INTO inventory (digest, compressed_json) VALUES (?, ?)",
        digest,
        Zstd.compress(INVENTORY.getBytes(UTF_8)));
    handle.execute(
        "INSERT INTO layer (id, bytes, virtual_bytes, sha256) VALUES ('i-updated', 1, 1, 'x')");
    handle
        .createUpdate(INSERT_IMAGE)
        .bindMap(Map.of("id", "i-updated", "name", "updated", "state", "AVAILABLE"))
        .bind("layer", "i-updated")
        .bind("inventory", digest)
        .bind("layout", LAYOUT)
        .bind("previous", "i-first")
        .bind("previousName", "first")
        .bind("snapshot", "0".repeat(64))
        .bind("qualification", QUALIFICATION)
        .execute();
    handle
        .createUpdate(INSERT_IMAGE)
        .bindMap(Map.of("id", "i-running", "name", "running", "state", "PENDING"))
        .bind("layer", (String) null)
        .bind("inventory", (String) null)
        .bind("layout", (String) null)
        .bind("previous", "i-updated")
        .bind("previousName", "updated")
        .bind("snapshot", (String) null)
        .bind("qualification", (String) null)
        .execute();
    run(handle, "i-updated", "SUCCEEDED");
    run(handle, "i-running", "RUNNING");
    handle.execute(
        """
        INSERT INTO scheduled_tasks (task_name, task_instance, execution_time, picked, version)
        VALUES ('update-image', 'i-running', '2026-11-01 00:00:00', FALSE, 1)
        """);
  }

  private static void run(Handle handle, String image, String status) {
    handle.execute(
        """
        INSERT INTO update_run (image_id, existing_image_id, existing_image_name, snapshot_digest,
            plan, status, attempt, created)
        VALUES (?, 'i-first', 'first', ?, ?, ?, 1, 1700000000000)
        """,
        image,
        "0".repeat(64),
        PLAN,
        status);
  }
}
