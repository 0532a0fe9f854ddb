package dev.regild.image;

import static dev.regild.image.Registry.ALICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.regild.fixtures.EachDatabase;
import dev.regild.inventory.ConfigurationFiles;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdatePolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class InventoriesTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
  }

  @Test
  void anInventoryIsStoredOnceForEachContent() {
    Inventory inventory = Registry.inventory("5.2");
    String digest = registry.write(h -> registry.inventories.store(h, inventory));
    assertThat(registry.<String>write(h -> registry.inventories.store(h, inventory)))
        .isEqualTo(digest);
    assertThat(
            registry.<String>write(h -> registry.inventories.store(h, Registry.inventory("5.3"))))
        .isNotEqualTo(digest);
    assertThat(rows()).isEqualTo(2);
    assertThat(registry.inventories.load(digest)).isEqualTo(inventory);
  }

  @Test
  void anInventoryThatWasUsedLatelyIsNotReadAgain() {
    String digest = registry.write(h -> registry.inventories.store(h, Registry.inventory("5.2")));
    assertThat(registry.inventories.load(digest)).isSameAs(registry.inventories.load(digest));
  }

  @Test
  void anInventoryGoesWithItsLastImage() {
    Image one = registry.available(ALICE, "one");
    Image other = registry.available(ALICE, "other");
    assertThat(rows()).isEqualTo(1);
    delete(one);
    assertThat(rows()).isEqualTo(1);
    delete(other);
    assertThat(rows()).isZero();
  }

  @Test
  void aDamagedOrMissingInventoryIsSaid() {
    String digest = registry.write(h -> registry.inventories.store(h, Registry.inventory("5.2")));
    String other = registry.write(h -> registry.inventories.store(h, Registry.inventory("5.3")));
    registry.database.useTransaction(h ->
        h.execute(
            """
            UPDATE inventory SET compressed_json =
              (SELECT compressed_json FROM inventory WHERE digest = ?) WHERE digest = ?
            """,
            other,
            digest));
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.inventories.load(digest))
        .withMessageContaining("damaged");
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.inventories.load("sha256:none"))
        .withMessageContaining("sha256:none");
  }

  private void delete(Image image) {
    registry.write(h -> Images.remove(h, Images.startDeleting(h, image)));
  }

  private int rows() {
    return registry.read(
        h -> h.createQuery("SELECT COUNT(*) FROM inventory").mapTo(Integer.class).one());
  }

  /** As the version before stored it. */
  @Test
  void anInventoryWithoutAPolicyIsReadAndKnownToBeIncomplete() {
    Inventory stored =
        Json.read(
            """
            {"os": {"platform": "DEBIAN_12", "name": "Debian GNU/Linux 12", "version": "12.5"},
             "architecture": "amd64",
             "packages": [
               {"name": "bash", "architecture": "amd64", "version": "5.2", "held": true}],
             "modules": {}, "windows": null}
            """,
            Inventory.class);
    assertThat(stored.packages()).extracting(InstalledPackage::held).containsExactly(true);
    assertThat(stored.policy()).isEmpty();
    assertThat(stored.isComplete()).isFalse();
    assertThat(stored.packages())
        .extracting(InstalledPackage::origin)
        .containsOnly(Optional.empty());
    assertThat(Json.read("{\"changes\": []}", UpdatePlan.class).keptBack()).isEmpty();
    assertThat(Json.read("{}", UpdateOptions.class)).isEqualTo(UpdateOptions.NONE);
  }

  /** As the version before stored it: complete but for the origins of its packages. */
  @Test
  void anInventoryWithoutOriginsIsKnownToBeOlder() {
    String json =
        """
        {"os": {"platform": "DEBIAN_12", "name": "Debian GNU/Linux 12", "version": "12.5"},
         "architecture": "amd64",
         "packages": [
           {"name": "bash", "architecture": "amd64", "version": "5.2", "held": false %s}],
         "modules": {},
         "policy": POLICY, "windows": null, "configuration": CONFIGURATION}
        """
            .replace("POLICY", Json.write(UpdatePolicy.NONE))
            .replace("CONFIGURATION", Json.write(ConfigurationFiles.NONE));
    assertThat(Json.read(json.formatted(""), Inventory.class))
        .satisfies(older -> assertThat(older.policy()).isPresent())
        .satisfies(older -> assertThat(older.knowsOrigins()).isFalse())
        .satisfies(older -> assertThat(older.isComplete()).isFalse());
    PackageOrigin origin = new PackageOrigin("bash", "5.2-1", "Example", "shells", "GPL-3");
    Inventory whole =
        Json.read(json.formatted(", \"origin\": " + Json.write(origin)), Inventory.class);
    assertThat(whole.packages().getFirst().origin()).contains(origin);
    assertThat(whole.isComplete()).isTrue();
    Inventory withoutConfiguration = whole.with(whole.packages());
    assertThat(Json.read(Json.write(withoutConfiguration), Inventory.class).isComplete()).isFalse();
  }
}
