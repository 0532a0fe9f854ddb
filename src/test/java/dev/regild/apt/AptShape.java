package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.fetch.Route;
import dev.regild.files.StrongHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.bouncycastle.openpgp.PGPException;

/** The shapes in which people publish packages for apt; each has bash 5.2-1 to offer. */
public enum AptShape {
  /** As pkgs.jenkins.io and local repositories. */
  FLAT("./"),
  /** As pkgs.k8s.io and NVIDIA's. */
  FLAT_AT_THE_ROOT("/"),
  FLAT_IN_A_DIRECTORY("binary/"),
  FLAT_DETACHED("./"),
  ALL_ALONE("stable"),
  AN_ARCHITECTURE_IS_LACKING("stable"),
  A_COMPONENT_IS_LACKING("stable"),
  ONLY_GZIP("stable"),
  ONLY_XZ("stable"),
  ONLY_ZSTD("stable"),
  ONLY_BZIP2("stable"),
  UNCOMPRESSED_ONLY("stable"),
  BY_HASH_ONLY("stable"),
  NAMED_BUT_NOT_KEPT("stable"),
  SHA512_ALONE("stable"),
  SHA512_BY_HASH("stable"),
  /** As Mono's {@code stable-buster}, and PPAs that were copied. */
  OTHER_SUITE("stable"),
  NO_NAMES("stable"),
  BLANKS_IN_THE_DATE("stable"),
  ONE_DIGIT_IN_THE_DATE("stable"),
  EXPIRED_ARCHIVE("stable"),
  KEY_BOUND_BY_SHA1("stable");

  private final String suite;

  AptShape(String suite) {
    this.suite = suite;
  }

  boolean isFlat() {
    return suite.endsWith("/");
  }

  /** Who signs it. */
  TestKey key() throws PGPException {
    return this == KEY_BOUND_BY_SHA1 ? TestKey.boundBySha1() : TestKey.simple();
  }

  /** What a channel says of it. */
  public AptSource source(String uri, TestKey key) throws IOException {
    return new AptSource(
        List.of(uri),
        List.of(suite),
        isFlat() ? List.of() : components(),
        this == AN_ARCHITECTURE_IS_LACKING ? List.of("amd64", "i386") : List.of("amd64"),
        key.armored(),
        this != EXPIRED_ARCHIVE,
        false,
        Route.DEFAULT);
  }

  private List<String> components() {
    return this == A_COMPONENT_IS_LACKING ? List.of("main", "contrib") : List.of("main");
  }

  /** Writes the repository. */
  public void publish(Path root, TestKey key) throws Exception {
    Path directory =
        isFlat() ? root.resolve(suite.substring(1).isEmpty() ? "." : suite) : dists(root);
    Files.createDirectories(directory);
    String pool = pool();
    Path deb = root.resolve(pool + "bash_5.2-1_amd64.deb");
    Files.createDirectories(deb.getParent());
    Files.writeString(deb, "not unpacked in tests");
    byte[] packages = packages(deb, (this == FLAT ? "./" : "") + pool).getBytes(UTF_8);
    Map<String, byte[]> listed = listed(packages);
    for (Map.Entry<String, byte[]> file : listed.entrySet()) {
      Path path = directory.resolve(file.getKey());
      StrongHash hash = isBySha512() ? StrongHash.SHA512 : StrongHash.SHA256;
      Files.createDirectories(path.getParent());
      if (this == BY_HASH_ONLY || this == SHA512_BY_HASH) {
        Path byHash = path.resolveSibling("by-hash/" + hash.directory());
        Files.createDirectories(byHash);
        Files.write(byHash.resolve(hex(hash, file.getValue())), file.getValue());
      } else if (this != NAMED_BUT_NOT_KEPT || file.getKey().endsWith(".gz")) {
        Files.write(path, file.getValue());
      }
    }
    String release = release(listed);
    if (this == FLAT_DETACHED) {
      Files.writeString(directory.resolve("Release"), release);
      Files.write(directory.resolve("Release.gpg"), key.detached(release.getBytes(UTF_8)));
    } else {
      Files.writeString(directory.resolve("InRelease"), key.clearSigned(release));
    }
  }

  private Path dists(Path root) {
    return root.resolve("dists").resolve(suite);
  }

  private String pool() {
    return switch (this) {
      case FLAT, FLAT_AT_THE_ROOT, FLAT_DETACHED -> "amd64/";
      case FLAT_IN_A_DIRECTORY -> "binary/";
      default -> "pool/main/b/bash/";
    };
  }

  private boolean isBySha512() {
    return this == SHA512_ALONE || this == SHA512_BY_HASH;
  }

  private String packages(Path deb, String pool) throws IOException {
    StrongHash hash = isBySha512() ? StrongHash.SHA512 : StrongHash.SHA256;
    return """
    Package: bash
    Version: 5.2-1
    Architecture: %s
    Installed-Size: 1
    Maintainer: A <a@example.org>
    Description: test
    Filename: %sbash_5.2-1_amd64.deb
    Size: %d
    %s: %s

    """
        .formatted(
            this == ALL_ALONE ? "all" : "amd64",
            pool,
            Files.size(deb),
            hash.directory(),
            hash.of(deb));
  }

  /** The files of the Release file. */
  private Map<String, byte[]> listed(byte[] packages) throws IOException {
    String path =
        isFlat()
            ? "Packages"
            : "main/binary-" + (this == ALL_ALONE ? "all" : "amd64") + "/Packages";
    Map<String, byte[]> files = new TreeMap<>();
    switch (this) {
      case ONLY_GZIP -> files.put(path + ".gz", TestRepository.gzip(packages));
      case ONLY_XZ -> files.put(path + ".xz", TestRepository.xz(packages));
      case ONLY_ZSTD -> files.put(path + ".zst", Zstd.compress(packages));
      case ONLY_BZIP2 -> files.put(path + ".bz2", bzip2(packages));
      case UNCOMPRESSED_ONLY -> files.put(path, packages);
      default -> {
        files.put(path, packages);
        files.put(path + ".gz", TestRepository.gzip(packages));
        files.put(path + ".xz", TestRepository.xz(packages));
      }
    }
    return files;
  }

  private static byte[] bzip2(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new BZip2CompressorOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private String release(Map<String, byte[]> listed) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Origin", "Test");
    if (this != NO_NAMES) {
      fields.put("Suite", this == OTHER_SUITE ? "unstable" : "stable");
      fields.put("Codename", this == OTHER_SUITE ? "sid" : "stable");
    }
    fields.put(
        "Date",
        switch (this) {
          case BLANKS_IN_THE_DATE -> "Thu,  1 Jan 2026 01:00:00 UTC";
          case ONE_DIGIT_IN_THE_DATE -> "Thu, 1 Jan 2026 1:00:00 GMT";
          default -> "Thu, 01 Jan 2026 01:00:00 UTC";
        });
    if (this == EXPIRED_ARCHIVE) {
      fields.put("Valid-Until", "Thu, 01 Jan 2026 02:00:00 UTC");
    }
    fields.put("Architectures", this == ALL_ALONE ? "all" : "amd64");
    fields.put("Components", "main");
    if (this == BY_HASH_ONLY || this == SHA512_BY_HASH) {
      fields.put("Acquire-By-Hash", "yes");
    }
    StrongHash hash = isBySha512() ? StrongHash.SHA512 : StrongHash.SHA256;
    List<String> lines = new ArrayList<>();
    fields.forEach((key, value) -> lines.add(key + ": " + value));
    lines.add(hash.directory() + ":");
    listed.forEach(
        (path, content) -> lines.add(" " + hex(hash, content) + " " + content.length + " " + path));
    return String.join("\n", lines) + "\n";
  }

  private static String hex(StrongHash hash, byte[] content) {
    return HexFormat.of().formatHex(hash.digest().digest(content));
  }
}
