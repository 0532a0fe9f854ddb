package dev.regild.update;

import dev.regild.disk.ByteCount;
import dev.regild.disk.Layer;
import dev.regild.disk.LayerStore;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.util.Optional;

/** Makes the merged file a layer of the store; no image stands on it yet. */
final class PublishMerged implements Step<MergeLayers.Merged, Layer> {
  private final LayerStore layers;

  PublishMerged(LayerStore layers) {
    this.layers = layers;
  }

  @Override
  public String name() {
    return "Publish";
  }

  @Override
  public Layer run(MergeLayers.Merged merged, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    return layers.publish(
        merged.flattening().id(), control.attempt(), merged.file(), Optional.empty());
  }

  @Override
  public String outcome(Layer layer) {
    return ByteCount.text(layer.bytes());
  }

  @Override
  public String remedy(MergeLayers.Merged merged, String reason) {
    return Remedy.FREE_SPACE;
  }
}
