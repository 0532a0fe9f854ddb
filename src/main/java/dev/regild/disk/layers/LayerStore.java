package dev.regild.disk.layers;

import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Keeps the layers of all images. A layer that has been published never changes again. */
public interface LayerStore {
  /**
   * Lends a layer, with all layers below it, to whoever reads it. A store that keeps its layers
   * elsewhere brings them here first.
   *
   * @throws IOException if there is no such layer
   */
  BorrowedLayer borrow(String id) throws IOException, InterruptedException;

  /**
   * Makes a finished qcow2 a layer: durable, read-only, visible all at once. The file is moved away
   * from where it is. Publishing an id again, after a crash, replaces what is there.
   *
   * @param id chosen by the caller, a UUID
   * @param attempt the number of the job's attempt, from 1: two attempts never write the same
   *     object
   * @param finished in a directory of {@link dev.regild.disk.Workspaces}
   * @param base the layer that the file stands on, empty if it stands alone
   * @throws IOException if it could not be written, for want of space say; nothing of it is visible
   *     then
   */
  Layer publish(String id, int attempt, Path finished, Optional<String> base)
      throws IOException, ProgramException, InterruptedException;

  /**
   * Removes a layer that has no record any more, as soon as nobody borrows it. Does nothing if the
   * store has no such layer. A shared store removes the object later, as garbage.
   */
  void delete(String id) throws IOException;

  /**
   * Removes unneeded layers that earlier processes left. A shared store leaves what other nodes may
   * be making. Called at the start of a process.
   *
   * @param needed whether the layer of an id is known, or may still be made
   */
  void removeLeftovers(Predicate<String> needed) throws IOException;

  /** Every layer that is there, in no order. */
  List<String> ids() throws IOException, InterruptedException;

  /** Whether the layer's content still has the layer's checksum. */
  boolean verify(Layer layer) throws IOException, InterruptedException;
}
