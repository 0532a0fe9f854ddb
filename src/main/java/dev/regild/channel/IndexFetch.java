package dev.regild.channel;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.fetch.FailedServers;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.HashMismatchException;
import dev.regild.fetch.MissingFileException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.Compression;
import dev.regild.files.FileDigest;
import dev.regild.files.Sha256;
import dev.regild.files.StrongHash;
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
import java.util.List;
import java.util.Optional;

/**
 * One index that a signed document vouches for, and how to get it.
 *
 * @param listFile its name in a snapshot
 * @param kind what it is
 * @param variants the forms in which its repository has it, the best first
 * @param content what it must be, uncompressed; empty if the document doesn't say
 * @param repository the root URI of its repository
 * @param priority apt's priority of the packages in it; 0 where it has none
 * @param hotfixes whether its packages count whatever streams of modules an image has chosen
 * @param route how its servers are reached
 */
public record IndexFetch(
    String listFile,
    String kind,
    List<Variant> variants,
    Optional<FileDigest> content,
    String repository,
    int priority,
    boolean hotfixes,
    Route route) {
  /** Larger than any index that there is; what a signed document says is not believed beyond it. */
  private static final long LIMIT = 4L << 30;

  public IndexFetch {
    variants = List.copyOf(variants);
    if (variants.isEmpty()) {
      throw new IllegalArgumentException(listFile + " exists in no form");
    }
  }

  /**
   * One form of an index.
   *
   * @param uris where it is, the best first; one of them has to have it
   * @param packed what it must be as it comes
   */
  public record Variant(Compression compression, List<String> uris, FileDigest packed) {
    public Variant {
      uris = List.copyOf(uris);
    }
  }

  /**
   * An index that is here.
   *
   * @param size bytes, uncompressed
   * @param sha256 of the same
   * @param downloadedBytes as they came over the network
   */
  public record Fetched(long size, String sha256, long downloadedBytes) {}

  /**
   * What the document promises, by a hash: the same promise is the same index. That of the content
   * if it is known, since repositories compress unchanged indexes again.
   */
  String promise() {
    return content.map(FileDigest::hash).orElseGet(() -> variants.getFirst().packed().hash());
  }

  /** What it is when it is here, as far as the document says. */
  Optional<Fetched> foretold() {
    return content
        .filter(digest -> digest.algorithm() == StrongHash.SHA256 && digest.size().isPresent())
        .map(digest -> new Fetched(digest.size().getAsLong(), digest.hash(), 0));
  }

  /**
   * Downloads, decompresses and verifies the index, in the best of its forms that is there.
   *
   * @param failed of the indexes that are fetched along with it
   */
  Fetched fetchInto(Path directory, Transport transport, FailedServers failed)
      throws FetchException, IOException, InterruptedException {
    for (Variant variant : variants.subList(0, variants.size() - 1)) {
      try {
        return fetchInto(directory, variant, transport, failed);
      } catch (MissingFileException e) {
        // A Release file also names forms that its repository doesn't keep.
      }
    }
    return fetchInto(directory, variants.getLast(), transport, failed);
  }

  private Fetched fetchInto(
      Path directory, Variant variant, Transport transport, FailedServers failed)
      throws FetchException, IOException, InterruptedException {
    if (isTooLarge(variant.packed()) || content.filter(IndexFetch::isTooLarge).isPresent()) {
      throw new FetchException(
          variant.uris().getLast() + " would be larger than 4 GiB; correct the channel's sources");
    }
    Path target = directory.resolve(listFile);
    Path temporary = directory.resolve("." + listFile + ".packed");
    try {
      transport
          .by(route)
          .download(
              variant.uris().stream().map(URI::create).toList(),
              temporary,
              variant.packed(),
              LIMIT,
              _ -> {},
              failed);
      long downloaded = Files.size(temporary);
      return decompress(variant, temporary, target, downloaded);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean isTooLarge(FileDigest digest) {
    return digest.size().orElse(0) > LIMIT;
  }

  private Fetched decompress(Variant variant, Path from, Path target, long downloaded)
      throws IOException, HashMismatchException {
    StrongHash promised = content.map(FileDigest::algorithm).orElse(StrongHash.SHA256);
    MessageDigest sha256 = Sha256.digest();
    MessageDigest other = promised.digest();
    long limit = content.map(digest -> digest.size().orElse(LIMIT)).orElse(LIMIT);
    long written = 0;
    try (InputStream in =
            variant
                .compression()
                .decompress(new BufferedInputStream(Files.newInputStream(from), 1 << 16));
        FileChannel file = FileChannel.open(target, CREATE_NEW, WRITE)) {
      OutputStream plain = Channels.newOutputStream(file);
      OutputStream out = new DigestOutputStream(plain, sha256);
      if (promised != StrongHash.SHA256) {
        out = new DigestOutputStream(out, other);
      }
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0 && written <= limit; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        written += n;
      }
      file.force(true);
    }
    String hash = Sha256.hex(sha256);
    String checked = promised == StrongHash.SHA256 ? hash : Sha256.hex(other);
    boolean good = content.isEmpty() || content.get().matches(written, checked);
    if (!good || written > limit) {
      throw new HashMismatchException(
          variant.uris().getLast()
              + " does not hold, uncompressed, what the signed document promises; use another"
              + " mirror");
    }
    return new Fetched(written, hash, downloaded);
  }
}
