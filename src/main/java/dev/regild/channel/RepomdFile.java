package dev.regild.channel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A repository's {@code repodata/repomd.xml}, as createrepo_c writes it.
 *
 * @param madeAt seconds of the Unix time of its newest index; 0 if it doesn't say
 * @param indexes what it vouches for, by type: {@code primary}, {@code filelists}, {@code
 *     updateinfo}, {@code modules}
 */
record RepomdFile(long madeAt, Map<String, Index> indexes) {
  private static final Set<String> WANTED = Set.of("primary", "filelists", "updateinfo", "modules");

  RepomdFile {
    indexes = Map.copyOf(indexes);
  }

  /**
   * One index, as it comes and as it is uncompressed.
   *
   * @param location below the repository's root
   * @param packed size and SHA-256 as it comes
   * @param content the same uncompressed
   */
  record Index(String location, FileDigest packed, FileDigest content) {
    Compression compression() {
      for (Compression each : Compression.values()) {
        if (location.endsWith(each.suffix())) {
          return each;
        }
      }
      return Compression.NONE;
    }
  }

  /**
   * Reads the document, whose signature has been verified.
   *
   * @param what names it in the message of the exception
   */
  static RepomdFile parse(String what, byte[] document) throws ChannelException {
    Reading reading = new Reading();
    try {
      XmlScanner.scan(new ByteArrayInputStream(document), reading);
    } catch (IOException e) {
      throw new ChannelException(
          what
              + " can't be used: "
              + e.getMessage()
              + "; check that the URI is a repository's and no proxy answers in its place",
          e);
    }
    if (!reading.indexes.containsKey("primary")) {
      throw new ChannelException(what + " names no primary index; correct the channel's uris");
    }
    return new RepomdFile(reading.madeAt, reading.indexes);
  }

  private static final class Reading implements XmlScanner.Visitor {
    private final Map<String, Index> indexes = new HashMap<>();
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
          boolean sha256 = element.attribute("type").equals("sha256");
          String hash = element.text();
          values.put(path, sha256 ? hash : "");
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
        String location = values.getOrDefault("repomd/data/location", "");
        if (!RpmPackage.isBelow(location)) {
          throw new IOException("the index '" + type + "' lies outside of the repository");
        }
        FileDigest packed = index("");
        // An index that is not compressed has no second pair.
        boolean plain = !values.containsKey("repomd/data/open-checksum");
        indexes.put(type, new Index(location, packed, plain ? packed : index("open-")));
      }
    }

    private FileDigest index(String prefix) throws IOException {
      String hash = values.getOrDefault("repomd/data/" + prefix + "checksum", "");
      String size = values.getOrDefault("repomd/data/" + prefix + "size", "");
      if (!Sha256.isHex(hash) || !size.matches("\\d{1,12}")) {
        throw new IOException(
            "the index '" + type + "' has no size or SHA-256; it must be made by newer tools");
      }
      return new FileDigest(Long.parseLong(size), hash);
    }
  }
}
