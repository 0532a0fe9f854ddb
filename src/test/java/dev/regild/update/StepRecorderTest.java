package dev.regild.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ChannelStore;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.Leases;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Registry;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.job.Attempt;
import dev.regild.job.CancelledJobException;
import dev.regild.job.FailedStepException;
import dev.regild.job.JobObserver;
import dev.regild.job.RunningJobs;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepRecorder;
import dev.regild.update.planning.AgentVersions;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.steps.UpdateOutcomes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A step that fails, or whose update is cancelled between its beginning and what it does last. */
@EachDatabase
class StepRecorderTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;
  private UpdateOutcomes outcomes;
  private Image image;
  private StepRecorder recorder;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    outcomes =
        new UpdateOutcomes(
            registry.inventories,
            registry.updates,
            registry.steps,
            new AgentVersions(
                new UpdatePlans(
                    new ChannelStore(directory, Clock.systemUTC()), registry.inventories)),
            Clock.systemUTC());
    image = registry.updating(registry.available(Registry.ALICE, "golden"), "renewed");
    int attempt = registry.database.inTransaction(handle -> outcomes.startOver(handle, image.id()));
    recorder =
        new StepRecorder(
            registry.database,
            registry.steps,
            new RunningJobs(),
            new Attempt<>(image.id(), image.name(), attempt, image),
            directory,
            Leases.take(registry.database, ImageUpdates.JOB, image.id()),
            handle -> {
              if (!outcomes.isRunning(handle, image.id())) {
                throw new CancelledJobException(image.id());
              }
            },
            JobObserver.Part.UNOBSERVED);
  }

  @Test
  void aStepThatWasCancelledIsNotDone() {
    assertThatThrownBy(() ->
            recorder.run(
                step(
                    "Prepare",
                    control -> {
                      cancel();
                      control.accept(0.5);
                      return "as if nothing had happened";
                    }),
                image))
        .isInstanceOf(CancelledJobException.class);
    assertCancelled("Prepare FAILED Cancelled.");
  }

  @Test
  void noStepBeginsAfterTheCancellation() throws Exception {
    recorder.run(step("Prepare", _ -> "prepared"), image);
    cancel();
    assertThatThrownBy(() -> recorder.run(step("Resolve", _ -> ""), image))
        .isInstanceOf(CancelledJobException.class);
    assertThatThrownBy(() ->
            registry.database.useTransaction(
                handle -> outcomes.startQualification(handle, image.id())))
        .isInstanceOf(CancelledJobException.class);
    assertCancelled("Prepare DONE prepared");
  }

  @Test
  void aFailureThatComesTooLateIsNotWritten() throws Exception {
    Step<Image, String> killed =
        step(
            "Prepare",
            _ -> {
              cancel();
              throw new IOException("killed");
            });
    assertThatThrownBy(() -> recorder.run(killed, image)).isInstanceOf(FailedStepException.class);
    assertThatThrownBy(() ->
            registry.database.useTransaction(handle -> {
              outcomes.fail(handle, image.id(), "killed");
              registry.steps.failed(handle, image.id(), 1, 1, "killed");
            }))
        .isInstanceOf(CancelledJobException.class);
    assertThatThrownBy(
            () -> registry.database.inTransaction(handle -> outcomes.startOver(handle, image.id())))
        .isInstanceOf(CancelledJobException.class);
    assertCancelled("Prepare FAILED Cancelled.");
  }

  @Test
  void anErrorIsAFailureOfItsStep() {
    assertThatThrownBy(() ->
            recorder.run(
                step(
                    "Resolve",
                    _ -> {
                      throw new OutOfMemoryError("of this test");
                    }),
                image))
        .isInstanceOf(FailedStepException.class)
        .hasMessage("Resolve failed: of this test");
  }

  /** What a step of this test does; it returns what it has to say. */
  private interface Work {
    String run(StepControl control) throws Exception;
  }

  private static Step<Image, String> step(String name, Work work) {
    return new Step<>() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public String run(Image input, StepControl control) throws Exception {
        return work.run(control);
      }

      @Override
      public String outcome(String output) {
        return output;
      }

      @Override
      public String remedy(Image input, String reason) {
        return "";
      }
    };
  }

  private void cancel() {
    registry.database.useTransaction(
        handle -> outcomes.cancel(handle, image.id(), "It was cancelled."));
  }

  private void assertCancelled(String... steps) {
    UpdateRecord update =
        registry.read(handle -> registry.updates.findById(handle, image.id())).orElseThrow();
    assertThat(update.status()).isEqualTo(UpdateRecord.Status.FAILED);
    assertThat(update.steps())
        .extracting(step -> step.name() + " " + step.status() + " " + step.detail())
        .containsExactly(steps);
    Image now = registry.read(handle -> Images.findById(handle, image.id())).orElseThrow();
    assertThat(now.state()).isEqualTo(ImageState.FAILED);
    assertThat(now.stateChangeReason().orElseThrow().message()).isEqualTo("It was cancelled.");
    assertThat(now.status().errors()).isEmpty();
    assertThat(registry.<Boolean>read(h -> ImageBuilders.findFor(h, image).isPresent())).isFalse();
  }
}
