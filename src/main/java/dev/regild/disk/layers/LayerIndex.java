package dev.regild.disk.layers;

import dev.regild.disk.Layer;
import java.util.List;

/** What the registry knows of layers. */
@FunctionalInterface
public interface LayerIndex {
  /** The layer of that id and all that it stands on, the top one first; empty if there is none. */
  List<Layer> chain(String id);
}
