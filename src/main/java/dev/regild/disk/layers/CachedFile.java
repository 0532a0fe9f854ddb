package dev.regild.disk.layers;

/**
 * A file that a node keeps a copy of.
 *
 * @param name in the cache, with an ending; no two files have the same name without it
 * @param sha256 of its content, lower-case hexadecimal
 * @param bytes its size
 */
public record CachedFile(String name, String sha256, long bytes) {
  static CachedFile of(Layer layer) {
    return new CachedFile(layer.id() + FinishedLayer.ENDING, layer.sha256(), layer.bytes());
  }

  /** Returns its name without the ending. */
  String id() {
    return name.substring(0, name.lastIndexOf('.'));
  }
}
