package dev.regild.update;

import dev.regild.disk.ByteCount;
import dev.regild.disk.Layer;
import dev.regild.disk.LayerStore;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.util.Optional;

/** Makes an imported disk a layer of the store. */
final class PublishDisk implements Step<ConvertDisk.Converted, Layer> {
  private final LayerStore layers;

  PublishDisk(LayerStore layers) {
    this.layers = layers;
  }

  @Override
  public String name() {
    return "Publish";
  }

  @Override
  public Layer run(ConvertDisk.Converted converted, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    return layers.publish(
        converted.job().image().id(), control.attempt(), converted.file(), Optional.empty());
  }

  @Override
  public String outcome(Layer layer) {
    return ByteCount.text(layer.bytes());
  }

  @Override
  public String remedy(ConvertDisk.Converted converted, String reason) {
    return Remedy.FREE_SPACE;
  }
}
