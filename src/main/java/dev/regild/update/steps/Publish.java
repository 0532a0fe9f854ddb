package dev.regild.update.steps;

import dev.regild.disk.ByteCount;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/** Makes the compressed overlay an immutable layer of the store. */
public final class Publish implements Step<Qualify.Qualified, Publish.Published> {
  private final LayerStore layers;

  public Publish(LayerStore layers) {
    this.layers = layers;
  }

  /**
   * What was published.
   *
   * @param qualified the update
   * @param layer in the store
   * @param overlayBytes the room that the overlay took before it was compressed
   */
  public record Published(Qualify.Qualified qualified, Layer layer, long overlayBytes) {
    public Update update() {
      return qualified.verified().update();
    }
  }

  @Override
  public String name() {
    return "Publish";
  }

  @Override
  public Published run(Qualify.Qualified qualified, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    Update update = qualified.verified().update();
    String base = update.base().layer();
    long overlayBytes = Files.size(update.overlay());
    qualified.compression().await(control);
    Layer layer =
        layers.publish(
            update.newImage().id(), control.attempt(), update.delta(), Optional.of(base));
    return new Published(qualified, layer, overlayBytes);
  }

  @Override
  public String outcome(Published published) {
    return "%s, of an overlay of %s"
        .formatted(
            ByteCount.text(published.layer().bytes()), ByteCount.text(published.overlayBytes()));
  }

  @Override
  public String remedy(Qualify.Qualified qualified, String reason) {
    return Remedy.FREE_SPACE;
  }
}
