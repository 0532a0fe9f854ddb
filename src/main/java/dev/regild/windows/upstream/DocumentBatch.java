package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.CabinetTexts;
import dev.regild.files.XmlPull;
import dev.regild.windows.upstream.ServerSync.UnusableAnswerException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answer to GetUpdateData. Small documents are in it as text, larger ones as cabinets
 * with one member: these are written to a directory as they come, and then read together.
 */
final class DocumentBatch {
  /** By the protocol a document of up to 5,120 bytes is sent as it is. */
  private static final int LARGEST_PLAIN = 1 << 20;

  private static final long LARGEST_CABINET = 64L << 20;
  private static final long LARGEST_ANSWER = 512L << 20;

  /** The largest that was ever seen has 47 MB. */
  static final long LARGEST_DOCUMENT = 128L << 20;

  /** Bytes of memory that the facts of an answer take, and characters of its files' places. */
  private static final long MOST_FACTS = 32L << 20;

  private static final long MOST_PLACES = 16L << 20;

  private static final String MEMBER = "blob";

  private final Path directory;
  private final Set<RevisionId> asked;
  private final Map<RevisionId, UpdateFacts> facts = new LinkedHashMap<>();
  private final Map<RevisionId, Path> cabinets = new LinkedHashMap<>();
  private final Map<String, String> urls = new HashMap<>();
  private long written;
  private long weight;
  private long placesKept;

  /**
   * @param directory its own, for the cabinets
   * @param asked the documents that were asked for; others in the answer are passed over
   */
  DocumentBatch(Path directory, Set<RevisionId> asked) {
    this.directory = directory;
    this.asked = asked;
  }

  /** Reads the result of the operation; begins again if it is called again. */
  void read(XmlPull xml) throws IOException {
    facts.clear();
    cabinets.clear();
    urls.clear();
    written = 0;
    weight = 0;
    placesKept = 0;
    xml.children(part -> {
      switch (part) {
        case "updates" -> xml.children(_ -> update(xml));
        case "fileUrls" -> xml.children(_ -> place(xml));
        default -> {
          // Nothing else is known of it.
        }
      }
    });
  }

  private void update(XmlPull xml) throws IOException {
    RevisionId[] id = {null};
    xml.children(name -> {
      switch (name) {
        case "Id" -> id[0] = ServerSync.revision(xml);
        case "XmlUpdateBlob" -> plain(wanted(id[0]), xml);
        case "XmlUpdateBlobCompressed" -> compressed(wanted(id[0]), xml);
        default -> {
          // The digests are in the document.
        }
      }
    });
  }

  /** Returns the id if its document is wanted, else null. */
  private @Nullable RevisionId wanted(@Nullable RevisionId id) throws IOException {
    if (id == null) {
      throw new UnusableAnswerException("a document comes before its id; check the server");
    }
    return asked.contains(id) && !facts.containsKey(id) && !cabinets.containsKey(id) ? id : null;
  }

  private void plain(@Nullable RevisionId id, XmlPull xml) throws IOException {
    if (id == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    xml.text((characters, start, length) -> {
      if (text.length() + length > LARGEST_PLAIN) {
        throw new UnusableAnswerException("a document is larger than 1 MiB and not compressed");
      }
      text.append(characters, start, length);
    });
    try {
      keep(id, UpdateDocument.read(new StringReader(text.toString())), facts);
    } catch (IOException e) {
      facts.put(id, UpdateFacts.unreadable(id, String.valueOf(e.getMessage())));
    }
  }

  /** What would be too much in memory is left out, and so asked for again. */
  private void keep(RevisionId id, UpdateFacts read, Map<RevisionId, UpdateFacts> into) {
    weight += read.weight();
    if (weight <= MOST_FACTS) {
      into.put(
          id,
          read.id().equals(id)
              ? read
              : UpdateFacts.unreadable(id, "it is the document of " + read.id()));
    }
  }

  private void compressed(@Nullable RevisionId id, XmlPull xml) throws IOException {
    if (id == null) {
      return;
    }
    Path file = directory.resolve(cabinets.size() + ".cab");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      Decoder decoder = new Decoder(out);
      xml.text(decoder);
      decoder.end();
      written += decoder.bytes;
    }
    if (written > LARGEST_ANSWER) {
      throw new UnusableAnswerException("an answer has more than 512 MiB of documents");
    }
    cabinets.put(id, file);
  }

  /** Decodes base 64 piece by piece. */
  private static final class Decoder implements XmlPull.Pieces {
    private final OutputStream out;
    private final byte[] digits = new byte[1 << 14];
    private int count;
    private long bytes;

    Decoder(OutputStream out) {
      this.out = out;
    }

    @Override
    public void add(char[] text, int start, int length) throws IOException {
      for (int i = start; i < start + length; i++) {
        if (text[i] > ' ') {
          digits[count++] = (byte) Math.min(text[i], 127);
          if (count == digits.length) {
            end();
          }
        }
      }
    }

    void end() throws IOException {
      try {
        byte[] decoded = Base64.getDecoder().decode(Arrays.copyOf(digits, count));
        count = 0;
        bytes += decoded.length;
        out.write(decoded);
      } catch (IllegalArgumentException e) {
        throw new UnusableAnswerException("a document is not in base 64", e);
      }
      if (bytes > LARGEST_CABINET) {
        throw new UnusableAnswerException("a compressed document is larger than 64 MiB");
      }
    }
  }

  private void place(XmlPull xml) throws IOException {
    String[] said = {"", ""};
    xml.children(name -> {
      switch (name) {
        case "FileDigest" -> said[0] = xml.text();
        case "MUUrl" -> said[1] = xml.text();
        default -> {
          // A WSUS has its files in a place of its own.
        }
      }
    });
    placesKept += said[0].length() + said[1].length() + 100L;
    if (placesKept > MOST_PLACES) {
      throw new UnusableAnswerException("an answer has more than 16 MiB of files' addresses");
    }
    urls.put(said[0], said[1]);
  }

  /** Returns what the documents say, once the answer was read to its end. */
  Map<RevisionId, UpdateFacts> facts() throws IOException, InterruptedException {
    List<RevisionId> ids = List.copyOf(cabinets.keySet());
    if (!ids.isEmpty()) {
      Map<RevisionId, UpdateFacts> read = new HashMap<>();
      long before = weight;
      try {
        unpack(ids, read);
        facts.putAll(read);
      } catch (ArchiveException | IOException e) {
        weight = before;
        // Which one it was shows one by one.
        for (RevisionId id : ids) {
          facts.put(id, alone(id));
        }
      }
    }
    Map<RevisionId, UpdateFacts> placed = new LinkedHashMap<>();
    facts.forEach((id, each) -> placed.put(id, placed(each)));
    return placed;
  }

  private UpdateFacts alone(RevisionId id) throws InterruptedException {
    Map<RevisionId, UpdateFacts> one = new HashMap<>();
    try {
      unpack(List.of(id), one);
      return one.getOrDefault(id, UpdateFacts.unreadable(id, "it is empty"));
    } catch (ArchiveException | IOException e) {
      return UpdateFacts.unreadable(id, String.valueOf(e.getMessage()));
    }
  }

  private void unpack(List<RevisionId> ids, Map<RevisionId, UpdateFacts> read)
      throws ArchiveException, IOException, InterruptedException {
    List<Path> files = new ArrayList<>();
    ids.forEach(id -> files.add(cabinets.getOrDefault(id, directory)));
    CabinetTexts.read(
        directory,
        files,
        MEMBER,
        LARGEST_DOCUMENT,
        (index, member) -> keep(ids.get(index), document(ids.get(index), member), read));
  }

  private static UpdateFacts document(RevisionId id, InputStream member) {
    try {
      return UpdateDocument.read(new InputStreamReader(member, UTF_16LE));
    } catch (IOException e) {
      return UpdateFacts.unreadable(id, String.valueOf(e.getMessage()));
    }
  }

  private UpdateFacts placed(UpdateFacts each) {
    return each.files().isEmpty()
        ? each
        : each.withFiles(
            each.files().stream()
                .map(file -> file.at(urls.getOrDefault(file.sha1(), "")))
                .toList());
  }
}
