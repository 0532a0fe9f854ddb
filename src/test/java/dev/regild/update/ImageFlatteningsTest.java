package dev.regild.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.JobQueue;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.layers.Layer;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.IdleJob;
import dev.regild.image.Flattening;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.LayerRecords;
import dev.regild.image.Registry;
import dev.regild.job.RunningJobs;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that are flattened by themselves after an update. */
@EachDatabase
class ImageFlatteningsTest {
  @TempDir Path directory;

  @AutoClose private Registry registry;
  private Image image;

  @BeforeEach
  void open() throws Exception {
    registry = new Registry(directory);
    image = registry.available(Registry.ALICE, "golden");
    Optional<String> base = Optional.empty();
    for (String id : new String[] {"one", "two", "three"}) {
      Layer layer = new Layer(id, base, 1, 1 << 20, "0".repeat(64), 1);
      registry.database.useTransaction(handle -> LayerRecords.insert(handle, layer));
      base = Optional.of(id);
    }
    registry.database.useTransaction(handle ->
        handle
            .createUpdate("UPDATE image SET layer_id = 'three' WHERE id = :id")
            .bind("id", image.id())
            .execute());
  }

  @Test
  void anImageWithMoreLayersThanItMayHaveIsFlattenedByItself() throws Exception {
    afterUpdate(3);
    assertThat(accepted()).isEmpty();
    afterUpdate(2);
    assertThat(accepted().map(Flattening::depth)).contains(3);
    assertThat(accepted().map(Flattening::oldLayer)).contains("three");
  }

  @Test
  void noneIsWhereTheDepthIsZero() throws Exception {
    afterUpdate(0);
    assertThat(accepted()).isEmpty();
  }

  @Test
  void noneIsAcceptedWhileAnAccountHasAsManyAsItMay() throws Exception {
    for (int i = 0; i < ImageFlattenings.MOST_IN_FLIGHT; i++) {
      Image other = registry.available(Registry.ALICE, "other-" + i);
      Flattening running =
          new Flattening(
              other.id(),
              other.id(),
              other.name(),
              "layer-" + i,
              2,
              Flattening.State.FLATTENING,
              Optional.empty(),
              Instant.EPOCH);
      registry.database.useTransaction(handle -> Flattenings.insert(handle, running));
    }
    afterUpdate(2);
    assertThat(accepted()).isEmpty();
    registry.database.useTransaction(handle ->
        handle.execute("UPDATE flattening SET state = 'FAILED' WHERE old_layer_id = 'layer-0'"));
    afterUpdate(2);
    assertThat(accepted()).isPresent();
  }

  private Optional<Flattening> accepted() {
    return registry.database.read(handle -> Flattenings.findOf(handle, image.id()));
  }

  private void afterUpdate(int deepest) throws Exception {
    JobQueue jobs = new JobQueue(registry.database, Clock.systemUTC(), 1, Duration.ZERO);
    jobs.register(FlattenJob.KIND, new IdleJob());
    ImageFlattenings flattenings =
        new ImageFlattenings(
            registry.database,
            new DirectoryLayerStore(directory),
            registry.steps,
            new RunningJobs(),
            jobs,
            deepest,
            Clock.systemUTC());
    registry.database.useTransaction(handle -> flattenings.afterUpdate(handle, image.id()));
  }
}
