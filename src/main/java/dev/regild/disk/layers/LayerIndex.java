package dev.regild.disk.layers;

import java.util.List;

/** The registry's records of layers. */
@FunctionalInterface
public interface LayerIndex {
  /** Returns the layer and all layers below it, from the top; empty if the layer is unknown. */
  List<Layer> chain(String id);
}
