package dev.regild.disk;

import dev.regild.machine.ProgramException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What an overlay still holds of space that its file systems no longer use. QEMU discards whole
 * clusters, so what was deleted stays wherever a cluster holds something else too, and would become
 * part of a layer.
 */
public final class UnusedSpace {
  /** Commands of one run, of two words each: bubblewrap takes 9,000, its own among them. */
  private static final int AT_ONCE = 2048;

  private UnusedSpace() {}

  /**
   * Writes zeros over unused parts of a disk where its overlay holds them itself. What its base
   * holds stays there: to change it would make the overlay larger.
   *
   * @param overlay that nobody has open
   * @param unused each within one cluster of the overlay
   */
  public static void clear(Path overlay, List<DiskPart> unused)
      throws ProgramException, InterruptedException {
    if (unused.isEmpty()) {
      return;
    }
    List<DiskPart> held = heldBy(overlay, unused);
    for (int first = 0; first < held.size(); first += AT_ONCE) {
      QemuImg.writeZeros(overlay, held.subList(first, Math.min(first + AT_ONCE, held.size())));
    }
  }

  private static List<DiskPart> heldBy(Path overlay, List<DiskPart> unused)
      throws ProgramException, InterruptedException {
    Selection selection = new Selection(unused);
    QemuImg.readMap(overlay, selection::among);
    return selection.held;
  }

  /** Goes through the parts as the overlay's extents come, which are in the order of the disk. */
  private static final class Selection {
    final List<DiskPart> held = new ArrayList<>();
    private final List<DiskPart> parts;
    private int next;

    Selection(List<DiskPart> unused) {
      parts = unused.stream().sorted(Comparator.comparingLong(DiskPart::offset)).toList();
    }

    void among(DiskPart extent) {
      while (next < parts.size() && parts.get(next).offset() < extent.end()) {
        DiskPart part = parts.get(next++);
        if (part.offset() >= extent.offset() && part.end() <= extent.end()) {
          held.add(part);
        }
      }
    }
  }
}
