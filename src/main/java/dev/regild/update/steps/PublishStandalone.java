package dev.regild.update.steps;

import dev.regild.disk.ByteCount;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes a file that stands on no other layer a layer of the store: an imported disk, or merged
 * layers.
 *
 * @param <D> what has the file
 */
public final class PublishStandalone<D> implements Step<D, Layer> {
  private final LayerStore layers;
  private final Function<D, String> id;
  private final Function<D, Path> file;

  /**
   * @param id returns the id of the new layer
   */
  public PublishStandalone(LayerStore layers, Function<D, String> id, Function<D, Path> file) {
    this.layers = layers;
    this.id = id;
    this.file = file;
  }

  @Override
  public String name() {
    return "Publish";
  }

  @Override
  public Layer run(D disk, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    return layers.publish(id.apply(disk), control.attempt(), file.apply(disk), Optional.empty());
  }

  @Override
  public String outcome(Layer layer) {
    return ByteCount.text(layer.bytes());
  }

  @Override
  public String remedy(D disk, String reason) {
    return Remedy.FREE_SPACE;
  }
}
