package dev.regild.update.steps;

import dev.regild.db.Database;
import dev.regild.disk.ByteCount;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import java.util.List;

/**
 * Finds the layers that a copy has in common with its source. The copy's row has named them since
 * it was accepted, so no byte is copied.
 */
public record LinkLayers(Database database) implements Step<Image, List<Layer>> {

  @Override
  public String name() {
    return "Link";
  }

  @Override
  public List<Layer> run(Image copy, StepControl control) throws StepException {
    // A flattening may move the copy to another layer at any time.
    List<Layer> chain =
        database.inTransaction(handle ->
            Images.requireById(handle, copy.id())
                .disk()
                .map(ImageDisk::layer)
                .map(layer -> LayerRecords.chain(handle, layer))
                .orElse(List.of()));
    if (chain.isEmpty()) {
      throw new StepException("The source's layers are gone.");
    }
    return chain;
  }

  @Override
  public String outcome(List<Layer> chain) {
    return "layers in common with the source: %d, %s"
        .formatted(chain.size(), ByteCount.text(chain.stream().mapToLong(Layer::bytes).sum()));
  }

  @Override
  public String remedy(Image copy, String reason) {
    return "Restore the data directory from a backup, or import the image again.";
  }
}
