package dev.regild.image;

import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static dev.regild.image.Registry.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.regild.fixtures.EachDatabase;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecord.Status;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.plan.UpdateOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class UpdateRecordsTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;
  private UpdateRecords updates;
  private Image existing;
  private Image image;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    updates = registry.updates;
    existing = registry.available(ALICE, "golden");
    image = registry.updating(existing, "golden-2");
  }

  @Test
  void anAcceptedUpdateIsInFlightWithItsPlan() {
    UpdateRecord update = found();
    assertThat(update)
        .isEqualTo(
            new UpdateRecord(
                image.id(),
                ALICE,
                "golden-2",
                new Predecessor(existing.id(), "golden"),
                "sha256:s",
                Registry.PLAN,
                UpdateOptions.NONE,
                "",
                Status.RUNNING,
                0,
                NOW,
                Optional.empty(),
                List.of()));
    assertThat(registry.<List<UpdateRecord>>read(updates::inFlight)).containsExactly(update);
    assertThat(registry.<Optional<UpdateRecord>>read(h -> updates.findById(h, image.id())))
        .contains(update);
    assertThat(registry.<Optional<UpdateRecord>>read(h -> updates.find(h, BOB, "golden-2")))
        .isEmpty();
  }

  @Test
  void stepsAreRecordedAsTheyGo() {
    registry.database.useTransaction(h -> {
      assertThat(updates.beginAttempt(h, image.id())).isEqualTo(1);
      registry.steps.begin(h, image.id(), 1, 1, "Prepare");
      registry.steps.done(h, image.id(), 1, 1, "overlay made");
      registry.steps.begin(h, image.id(), 1, 2, "Resolve");
      registry.steps.progress(h, image.id(), 1, 2, 0.25, "reading indexes");
    });
    assertThat(found().steps())
        .containsExactly(
            new JobStep(
                1, 1, "Prepare", JobStep.Status.DONE, 1, "overlay made", NOW, Optional.of(NOW)),
            new JobStep(
                1,
                2,
                "Resolve",
                JobStep.Status.RUNNING,
                0.25,
                "reading indexes",
                NOW,
                Optional.empty()));
    registry.database.useTransaction(h -> {
      registry.steps.failed(h, image.id(), 1, 2, "no indexes");
      registry.steps.progress(h, image.id(), 1, 2, 1, "too late");
      updates.failed(h, image.id());
    });
    UpdateRecord failed = found();
    assertThat(failed.status()).isEqualTo(Status.FAILED);
    assertThat(failed.ended()).contains(NOW);
    assertThat(failed.steps().getLast().progress()).isEqualTo(0.25);
    assertThat(failed.steps().getLast().detail()).isEqualTo("no indexes");
    assertThat(registry.<List<UpdateRecord>>read(updates::inFlight)).isEmpty();
    assertThat(registry.<Boolean>read(h -> Images.usesInFlight(h, existing))).isFalse();
  }

  @Test
  void anUpdateThatStartsOverShowsItsNewAttemptAndKeepsTheOld() throws IOException {
    registry.database.useTransaction(h -> {
      updates.beginAttempt(h, image.id());
      registry.steps.begin(h, image.id(), 1, 1, "Prepare");
    });
    registry.close();
    registry = new Registry(directory);
    registry.database.useTransaction(h -> {
      assertThat(updates.beginAttempt(h, image.id())).isEqualTo(2);
      registry.steps.begin(h, image.id(), 2, 1, "Prepare");
    });
    assertThat(found().attempt()).isEqualTo(2);
    assertThat(found().steps()).extracting(JobStep::attempt).containsExactly(2);
    assertThat(registry.<List<JobStep>>read(h -> JobSteps.all(h, image.id())))
        .extracting(JobStep::status)
        .containsExactly(JobStep.Status.FAILED, JobStep.Status.RUNNING);
  }

  @Test
  void whatHasEndedDoesNotGoOn() {
    registry.database.useTransaction(h -> updates.succeeded(h, image.id()));
    assertThat(found().status()).isEqualTo(Status.SUCCEEDED);
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.database.useTransaction(h -> updates.failed(h, image.id())));
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.<Integer>write(h -> updates.beginAttempt(h, image.id())));
    assertThatIllegalStateException()
        .isThrownBy(() ->
            registry.database.useTransaction(h -> registry.steps.done(h, image.id(), 1, 1, "")))
        .withMessageContaining("isn't running");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            registry.database.useTransaction(
                h -> registry.steps.progress(h, image.id(), 1, 1, Double.NaN, "")));
  }

  private UpdateRecord found() {
    return registry.read(h -> updates.find(h, ALICE, "golden-2")).orElseThrow();
  }
}
