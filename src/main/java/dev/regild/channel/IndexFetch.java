package dev.regild.channel;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Map;

/**
 * One index of packages that a Release file vouches for, and how to get it.
 *
 * @param location the suite
 * @param release its Release file
 * @param path below the suite, uncompressed: {@code main/binary-amd64/Packages}
 * @param content what it must be, uncompressed
 */
record IndexFetch(
    SuiteLocation location, ReleaseFile release, String path, ReleaseFile.Index content) {
  /** Larger than any index that there is; what a Release file says is not believed beyond it. */
  private static final long LIMIT = 4L << 30;

  String listFile() {
    return location.listFile(path);
  }

  /**
   * Downloads, decompresses and verifies the index.
   *
   * @return how many bytes came over the network
   */
  long fetchInto(Path directory, Transport transport)
      throws ChannelException, IOException, InterruptedException {
    Compression compression = bestCompression();
    ReleaseFile.Index packed = release.indexes().getOrDefault(path + compression.suffix(), content);
    if (packed.size() > LIMIT || content.size() > LIMIT) {
      throw new ChannelException(
          location.uriOf(path) + " would be larger than 4 GiB; correct the channel's uris");
    }
    Path target = directory.resolve(listFile());
    if (compression == Compression.NONE) {
      download(packed, "", target, transport);
      return packed.size();
    }
    Path temporary = directory.resolve("." + listFile() + compression.suffix());
    try {
      download(packed, compression.suffix(), temporary, transport);
      decompress(compression, temporary, target);
    } finally {
      Files.deleteIfExists(temporary);
    }
    return packed.size();
  }

  private Compression bestCompression() {
    Map<String, ReleaseFile.Index> offered = release.indexes();
    for (Compression each : Compression.values()) {
      if (offered.containsKey(path + each.suffix())) {
        return each;
      }
    }
    return Compression.NONE;
  }

  private void download(ReleaseFile.Index packed, String suffix, Path target, Transport transport)
      throws ChannelException, InterruptedException {
    String plain = location.uriOf(path + suffix);
    if (release.acquireByHash()) {
      String byHash =
          plain.substring(0, plain.lastIndexOf('/')) + "/by-hash/SHA256/" + packed.sha256();
      try {
        transport.download(URI.create(byHash), target, packed.size(), packed.sha256(), n -> {});
        return;
      } catch (MissingFileException e) {
        // Some mirrors promise by-hash but leave it out; the plain name holds the same content.
      }
    }
    transport.download(URI.create(plain), target, packed.size(), packed.sha256(), n -> {});
  }

  private void decompress(Compression compression, Path packed, Path target)
      throws IOException, HashMismatchException {
    MessageDigest digest = Sha256.digest();
    long written = 0;
    try (InputStream in =
            compression.decompress(new BufferedInputStream(Files.newInputStream(packed), 1 << 16));
        FileChannel file = FileChannel.open(target, CREATE_NEW, WRITE)) {
      OutputStream out = new DigestOutputStream(Channels.newOutputStream(file), digest);
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0 && written <= content.size(); n = in.read(buffer)) {
        out.write(buffer, 0, n);
        written += n;
      }
      file.force(true);
    }
    if (written != content.size() || !Sha256.hex(digest).equals(content.sha256())) {
      throw new HashMismatchException(
          location.uriOf(path + compression.suffix())
              + " does not hold, uncompressed, what the signed Release file promises; use another"
              + " mirror");
    }
  }
}
