package dev.regild.disk;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

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
  private static final int DEEPEST = 64;
  private static final int MOST_DISKS = 100;
  private static final int LONGEST_TEXT = 8 << 10;

  /** The JDK's own parser, whatever else lies on the class path. */
  private static final XMLInputFactory FACTORY = XMLInputFactory.newDefaultFactory();

  static {
    FACTORY.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    FACTORY.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    FACTORY.setProperty(XMLInputFactory.IS_COALESCING, false);
  }

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
    try {
      XMLStreamReader reader = FACTORY.createXMLStreamReader(new ByteArrayInputStream(document));
      try {
        Reading reading = new Reading();
        reading.all(reader);
        return reading.descriptor();
      } finally {
        reader.close();
      }
    } catch (XMLStreamException | MissingResourceException e) {
      // The JDK's parser has no text for some of its errors in a document type, and fails for that.
      throw malformed("it is not well-formed XML");
    }
  }

  private static DamagedArchiveException malformed(String why) {
    return new DamagedArchiveException(
        "the archive's .ovf can't be read: %s; export the machine again, or send its disk alone"
            .formatted(why));
  }

  private record FileReference(String href, boolean inPieces) {}

  /** What has been read so far. */
  private static final class Reading {
    private final Map<String, FileReference> files = new HashMap<>();
    private final List<String> references = new ArrayList<>();
    private final List<String> path = new ArrayList<>();
    private @Nullable String id;
    private @Nullable String name;
    private @Nullable String annotation;

    void all(XMLStreamReader reader) throws XMLStreamException, DamagedArchiveException {
      while (reader.hasNext()) {
        switch (reader.next()) {
          case XMLStreamConstants.START_ELEMENT -> start(reader);
          case XMLStreamConstants.END_ELEMENT -> path.removeLast();
          case XMLStreamConstants.DTD -> throw malformed("it has a document type");
          default -> {
            // Comments, and texts that nobody asked for.
          }
        }
      }
    }

    private void start(XMLStreamReader reader) throws XMLStreamException, DamagedArchiveException {
      if (path.size() == DEEPEST) {
        throw malformed("its elements are nested more than " + DEEPEST + " deep");
      }
      path.add(reader.getLocalName());
      switch (reader.getLocalName()) {
        case "File" -> file(reader);
        case "Disk" -> disk(reader);
        case "VirtualSystem" -> id = id == null ? attribute(reader, "id") : id;
        case "Name" -> {
          if (name == null && parentIs("VirtualSystem")) {
            name = text(reader);
          }
        }
        case "Annotation" -> {
          if (annotation == null && path.contains("VirtualSystem")) {
            annotation = text(reader);
          }
        }
        default -> {
          // Hardware, networks and the like: an image has none.
        }
      }
    }

    private boolean parentIs(String element) {
      return path.size() > 1 && path.get(path.size() - 2).equals(element);
    }

    private void file(XMLStreamReader reader) throws DamagedArchiveException {
      String fileId = attribute(reader, "id");
      String href = attribute(reader, "href");
      if (fileId != null && href != null && parentIs("References")) {
        if (files.size() == MOST_DISKS) {
          throw malformed("it names more than " + MOST_DISKS + " files");
        }
        files.put(fileId, new FileReference(href, attribute(reader, "chunkSize") != null));
      }
    }

    private void disk(XMLStreamReader reader) throws DamagedArchiveException {
      String reference = attribute(reader, "fileRef");
      if (reference == null) {
        return;
      }
      if (attribute(reader, "parentRef") != null) {
        throw malformed("one of its disks holds only the difference to another");
      }
      if (references.size() == MOST_DISKS) {
        throw malformed("it names more than " + MOST_DISKS + " disks");
      }
      if (!references.contains(reference)) {
        references.add(reference);
      }
    }

    private static @Nullable String attribute(XMLStreamReader reader, String localName)
        throws DamagedArchiveException {
      // Without a namespace, whatever its namespace is.
      String value = reader.getAttributeValue(null, localName);
      if (value != null && value.length() > LONGEST_TEXT) {
        throw malformed("the attribute " + localName + " is longer than 8 KiB");
      }
      return value;
    }

    /** The text of the element that was just entered, which is left then. */
    private String text(XMLStreamReader reader) throws XMLStreamException, DamagedArchiveException {
      StringBuilder text = new StringBuilder();
      while (reader.next() != XMLStreamConstants.END_ELEMENT) {
        if (reader.isStartElement()) {
          throw malformed(path.getLast() + " holds elements in place of a text");
        }
        if (reader.hasText()) {
          text.append(reader.getText());
        }
        if (text.length() > LONGEST_TEXT) {
          throw malformed(path.getLast() + " is longer than 8 KiB");
        }
      }
      path.removeLast();
      return text.toString();
    }

    OvfDescriptor descriptor() throws DamagedArchiveException {
      List<String> disks = new ArrayList<>();
      for (String reference : references) {
        FileReference file = files.get(reference);
        if (file == null) {
          throw malformed("it names a disk without saying which file that is");
        }
        if (file.inPieces()) {
          throw malformed("its disk %s is split into pieces".formatted(file.href()));
        }
        disks.add(decoded(file.href()));
      }
      return new OvfDescriptor(disks, filled(name).or(() -> filled(id)), filled(annotation));
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

    private static Optional<String> filled(@Nullable String text) {
      return Optional.ofNullable(text)
          .map(t -> t.strip().replaceAll("\\s+", " "))
          .filter(t -> !t.isEmpty());
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
