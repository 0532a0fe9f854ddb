package dev.regild.disk.upload;

import dev.regild.files.XmlScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the descriptor of a virtual machine says of its disks and its name (DMTF DSP0243, "Open
 * Virtualization Format"). Elements and attributes are known by their local names, since each
 * version has a namespace of its own.
 *
 * @param disks the names of the disks' files in the archive; a disk without a file is empty, and
 *     left out
 * @param name of the first virtual system; empty if it has none
 * @param description what its annotation says; empty if it has none
 */
public record OvfDescriptor(
    List<String> disks, Optional<String> name, Optional<String> description) {
  private static final int MOST = 100;

  public OvfDescriptor {
    disks = List.copyOf(disks);
  }

  /**
   * Reads a descriptor.
   *
   * @throws DamagedArchiveException if it is malformed, has a document type, or says of a disk what
   *     we can't follow
   */
  static OvfDescriptor parse(byte[] document) throws DamagedArchiveException {
    Reading reading = new Reading();
    try {
      XmlScanner.scan(new ByteArrayInputStream(document), reading);
    } catch (DamagedArchiveException e) {
      throw e;
    } catch (IOException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
    return reading.descriptor();
  }

  private static DamagedArchiveException malformed(String why) {
    return new DamagedArchiveException(
        "the archive's .ovf can't be read: %s; export the machine again, or send its disk alone"
            .formatted(why));
  }

  private record FileReference(String href, boolean inPieces) {}

  /** What has been read so far. */
  private static final class Reading implements XmlScanner.Visitor {
    private final Map<String, FileReference> files = new HashMap<>();
    private final Set<String> references = new LinkedHashSet<>();
    private Optional<String> id = Optional.empty();
    private Optional<String> name = Optional.empty();
    private Optional<String> annotation = Optional.empty();

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      if (path.endsWith("/References/File")) {
        file(element);
      } else if (path.endsWith("/Disk")) {
        disk(element);
      } else if (path.endsWith("/VirtualSystem") && id.isEmpty()) {
        id = filled(element.attribute("id"));
      } else if (path.endsWith("/VirtualSystem/Name") && name.isEmpty()) {
        name = filled(element.text());
      } else if (path.endsWith("/Annotation")
          && path.contains("/VirtualSystem/")
          && annotation.isEmpty()) {
        annotation = filled(element.text());
      }
    }

    @Override
    public void end(String path) {
      // Nothing is known at the end of an element that wasn't at its start.
    }

    private void file(XmlScanner element) throws IOException {
      requireFew(files.size());
      files.put(
          element.attribute("id"),
          new FileReference(element.attribute("href"), !element.attribute("chunkSize").isEmpty()));
    }

    private void disk(XmlScanner element) throws IOException {
      String reference = element.attribute("fileRef");
      if (reference.isEmpty()) {
        return;
      }
      if (!element.attribute("parentRef").isEmpty()) {
        throw malformed("one of its disks holds only the difference to another");
      }
      requireFew(references.size());
      references.add(reference);
    }

    private static void requireFew(int count) throws DamagedArchiveException {
      if (count >= MOST) {
        throw malformed("it names more than " + MOST + " files or disks");
      }
    }

    OvfDescriptor descriptor() throws DamagedArchiveException {
      List<String> disks = new ArrayList<>();
      for (String reference : references) {
        FileReference file = files.get(reference);
        if (file == null) {
          throw malformed("it names a disk without saying which file that is");
        }
        if (file.inPieces()) {
          throw malformed(
              "its disk %s is split into pieces".formatted(ArchiveNames.shown(file.href())));
        }
        disks.add(decoded(file.href()));
      }
      return new OvfDescriptor(disks, name.or(() -> id), annotation);
    }

    /** A reference is a URI; most writers don't know that, and leave spaces and percents as is. */
    private static String decoded(String href) {
      try {
        return href.contains("%")
            ? URLDecoder.decode(href.replace("+", "%2B"), StandardCharsets.UTF_8)
            : href;
      } catch (IllegalArgumentException asItIs) {
        return href;
      }
    }

    private static Optional<String> filled(String text) {
      return Optional.of(text.strip().replaceAll("\\s+", " ")).filter(t -> !t.isEmpty());
    }
  }

  /**
   * The name of its one disk.
   *
   * @throws DamagedArchiveException if it has none or several
   */
  String disk() throws DamagedArchiveException {
    if (disks.isEmpty()) {
      throw new DamagedArchiveException("the archive's .ovf names no disk that has a file");
    }
    if (disks.size() > 1) {
      throw severalDisks(disks);
    }
    return disks.getFirst();
  }

  static DamagedArchiveException severalDisks(List<String> disks) {
    return new DamagedArchiveException(
        "the archive holds several disks (%s), and an image has one; send the system's disk alone"
            .formatted(ArchiveNames.list(disks)));
  }
}
