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
import java.util.ArrayList;
import java.util.List;

/**
 * One index that a signed document vouches for, and how to get it.
 *
 * @param listFile its name in a snapshot
 * @param kind what it is
 * @param uris where it is, the best first; one of them has to have it
 * @param packed what it must be as it comes
 * @param content what it must be, uncompressed
 * @param repository the root URI of its repository
 * @param priority apt's priority of the packages in it; 0 where it has none
 */
record IndexFetch(
    String listFile,
    SnapshotManifest.Kind kind,
    List<String> uris,
    Compression compression,
    FileDigest packed,
    FileDigest content,
    String repository,
    int priority) {
  /** Larger than any index that there is; what a signed document says is not believed beyond it. */
  private static final long LIMIT = 4L << 30;

  IndexFetch {
    uris = List.copyOf(uris);
  }

  /**
   * An index of packages that a Release file vouches for.
   *
   * @param path below the suite, uncompressed: {@code main/binary-amd64/Packages}
   */
  static IndexFetch of(
      SuiteLocation location, ReleaseFile release, String path, FileDigest content) {
    Compression compression = bestCompression(release, path);
    FileDigest packed = release.indexes().getOrDefault(path + compression.suffix(), content);
    String plain = location.uriOf(path + compression.suffix());
    List<String> uris = new ArrayList<>();
    if (release.acquireByHash()) {
      // Some mirrors promise by-hash but leave it out; the plain name holds the same content.
      uris.add(plain.substring(0, plain.lastIndexOf('/')) + "/by-hash/SHA256/" + packed.sha256());
    }
    uris.add(plain);
    return new IndexFetch(
        location.listFile(path),
        release.isSecurity()
            ? SnapshotManifest.Kind.SECURITY_PACKAGES
            : SnapshotManifest.Kind.PACKAGES,
        uris,
        compression,
        packed,
        content,
        location.uri(),
        release.priority());
  }

  private static Compression bestCompression(ReleaseFile release, String path) {
    for (Compression each : Compression.values()) {
      if (release.indexes().containsKey(path + each.suffix())) {
        return each;
      }
    }
    return Compression.NONE;
  }

  /**
   * Downloads, decompresses and verifies the index.
   *
   * @param failed of the indexes that are fetched along with it
   * @return how many bytes came over the network
   */
  long fetchInto(Path directory, Transport transport, FailedServers failed)
      throws ChannelException, IOException, InterruptedException {
    if (packed.size() > LIMIT || content.size() > LIMIT) {
      throw new ChannelException(
          uris.getLast() + " would be larger than 4 GiB; correct the channel's sources");
    }
    Path target = directory.resolve(listFile);
    if (compression == Compression.NONE) {
      download(target, transport, failed);
      return packed.size();
    }
    Path temporary = directory.resolve("." + listFile + compression.suffix());
    try {
      download(temporary, transport, failed);
      decompress(temporary, target);
    } finally {
      Files.deleteIfExists(temporary);
    }
    return packed.size();
  }

  private void download(Path target, Transport transport, FailedServers failed)
      throws ChannelException, InterruptedException {
    transport.download(
        uris.stream().map(URI::create).toList(),
        target,
        packed.size(),
        packed.sha256(),
        _ -> {},
        failed);
  }

  private void decompress(Path from, Path target) throws IOException, HashMismatchException {
    MessageDigest digest = Sha256.digest();
    long written = 0;
    try (InputStream in =
            compression.decompress(new BufferedInputStream(Files.newInputStream(from), 1 << 16));
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
          uris.getLast()
              + " does not hold, uncompressed, what the signed document promises; use another"
              + " mirror");
    }
  }
}
