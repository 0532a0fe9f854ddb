package dev.regild.rpm;

import dev.regild.fetch.FetchException;
import dev.regild.files.Compression;
import dev.regild.files.FileDigest;
import dev.regild.files.StrongHash;
import dev.regild.files.XmlScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * A repository's {@code repodata/repomd.xml}, as createrepo_c writes it.
 *
 * @param madeAt seconds of the Unix time of its newest index; 0 if it doesn't say
 * @param indexes what it vouches for, by type: {@code primary}, {@code filelists}, {@code
 *     updateinfo}, {@code modules}
 * @param leftOut types of indexes of which nothing proves what they are
 */
record RepomdFile(long madeAt, Map<String, Index> indexes, Set<String> leftOut) {
  private static final Set<String> WANTED = Set.of("primary", "filelists", "updateinfo", "modules");

  RepomdFile {
    indexes = Map.copyOf(indexes);
    leftOut = Set.copyOf(leftOut);
  }

  /**
   * One index, as it comes and as it is uncompressed.
   *
   * @param location below the repository's root
   * @param packed as it comes
   * @param content uncompressed; empty if that isn't said
   */
  record Index(String location, FileDigest packed, Optional<FileDigest> content) {
    Compression compression() {
      return RepomdFile.compression(location);
    }
  }

  private static Compression compression(String location) {
    for (Compression each : Compression.values()) {
      if (location.endsWith(each.suffix())) {
        return each;
      }
    }
    return Compression.NONE;
  }

  /**
   * Reads the document, whose signature has been verified.
   *
   * @param what names it in the message of the exception
   */
  static RepomdFile parse(String what, byte[] document) throws FetchException {
    Reading reading = new Reading();
    try {
      XmlScanner.scan(new ByteArrayInputStream(document), reading);
    } catch (IOException e) {
      throw new FetchException(
          what
              + " can't be used: "
              + e.getMessage()
              + "; check that the URI belongs to a repository and that no proxy answers instead",
          e);
    }
    if (!reading.indexes.containsKey("primary")) {
      throw new FetchException(what + " names no primary index; correct the channel's uris");
    }
    return new RepomdFile(reading.madeAt, reading.indexes, reading.leftOut);
  }

  private static final class Reading implements XmlScanner.Visitor {
    private final Map<String, Index> indexes = new HashMap<>();
    private final Set<String> leftOut = new TreeSet<>();
    private final Map<String, String> values = new HashMap<>();
    private String type = "";
    private long madeAt;

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      switch (path) {
        case "repomd/data" -> {
          type = element.attribute("type");
          values.clear();
        }
        case "repomd/data/checksum", "repomd/data/open-checksum" -> {
          String kind = element.attribute("type");
          values.put(path, StrongHash.checked(kind, element.text()).orElse(""));
        }
        case "repomd/data/timestamp" -> {
          String seconds = element.text().replaceFirst("\\..*", "");
          if (seconds.matches("\\d{1,15}")) {
            madeAt = Math.max(madeAt, Long.parseLong(seconds));
          }
        }
        case "repomd/data/location" -> values.put(path, element.attribute("href"));
        case "repomd/data/size", "repomd/data/open-size" -> values.put(path, element.text());
        default -> {
          // Versions, and what newer tools add.
        }
      }
    }

    @Override
    public void end(String path) throws IOException {
      if (path.equals("repomd/data") && WANTED.contains(type)) {
        Optional<Index> index = index();
        index.ifPresent(each -> indexes.put(type, each));
        if (index.isEmpty() && type.equals("primary")) {
          throw new IOException(
              "the index 'primary' has no SHA-256, SHA-384 or SHA-512; it must be made by newer"
                  + " tools");
        }
        if (index.isEmpty()) {
          leftOut.add(type);
        }
      }
    }

    /** Empty if nothing proves what it is. */
    private Optional<Index> index() throws IOException {
      String location = values.getOrDefault("repomd/data/location", "");
      if (!RpmPackage.isBelow(location)) {
        throw new IOException("the index '" + type + "' lies outside of the repository");
      }
      return digest("")
          .map(packed -> {
            // An index that is not compressed has no second pair.
            boolean plain = compression(location) == Compression.NONE;
            return new Index(location, packed, plain ? Optional.of(packed) : digest("open-"));
          });
    }

    private Optional<FileDigest> digest(String prefix) {
      String hash = values.getOrDefault("repomd/data/" + prefix + "checksum", "");
      String size = values.getOrDefault("repomd/data/" + prefix + "size", "");
      if (hash.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new FileDigest(
              size.matches("\\d{1,12}")
                  ? OptionalLong.of(Long.parseLong(size))
                  : OptionalLong.empty(),
              hash));
    }
  }
}
