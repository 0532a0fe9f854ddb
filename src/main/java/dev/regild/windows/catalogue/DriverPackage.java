package dev.regild.windows.catalogue;

import static java.util.Locale.ROOT;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.DriverCabinet;
import dev.regild.windows.catalogue.Authenticode.UnsignedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A driver's cabinet, as an update server has it: INFs, the signed catalogue of their files, and
 * these. It is made a zip, as the packages of a catalogue are.
 *
 * @param zip with all of its files
 * @param drivers one for each INF
 */
public record DriverPackage(Path zip, List<PackageFacts> drivers) {
  private static final long LARGEST_INF = 4L << 20;

  public DriverPackage {
    drivers = List.copyOf(drivers);
  }

  /** Why a cabinet is not taken. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Returns by which rules a cabinet is taken or refused, in a text that changes with them.
   *
   * @param roots as in {@link #read}
   */
  public static String rules(String architecture, Optional<Path> roots) throws IOException {
    return architecture + " " + new Authenticode(roots).rootsDigest();
  }

  /**
   * Reads a cabinet.
   *
   * @param work an empty directory on the catalogue's file system
   * @param roots a PEM file with the roots that signatures have to lead to; empty for Microsoft's,
   *     and then WHQL has to be the signer
   * @throws RefusedException if it is no driver for the architecture, is damaged or hostile, or
   *     WHQL has not signed one of its INFs
   */
  public static DriverPackage read(
      Path cabinet, Path work, String architecture, Optional<Path> roots)
      throws RefusedException, IOException, InterruptedException {
    try {
      Path folder = Files.createDirectory(work.resolve("driver"));
      DriverCabinet.unpack(cabinet, folder);
      requireWhql(folder, work, new Authenticode(roots));
      Path zip = work.resolve("driver.zip");
      DriverReader.pack(folder, zip);
      return new DriverPackage(zip, DriverReader.read(zip, architecture).drivers());
    } catch (ArchiveException | UnsignedException | IllegalArgumentException e) {
      throw new RefusedException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Each INF must be named by a catalogue beside it that WHQL has signed. */
  private static void requireWhql(Path folder, Path work, Authenticode authenticode)
      throws ArchiveException, UnsignedException, IOException, InterruptedException {
    for (Path inf : files(folder, ".inf")) {
      if (Files.size(inf) > LARGEST_INF) {
        throw new ArchiveException(inf.getFileName() + " in it is too large for an INF");
      }
      byte[] bytes = Files.readAllBytes(inf);
      Set<String> digests = Set.of(hex("SHA-1", bytes), hex("SHA-256", bytes));
      boolean named = false;
      for (Path catalogue : files(inf.resolveSibling(""), ".cat")) {
        if (!named
            && SignedCatalogue.read(catalogue).digests().stream().anyMatch(digests::contains)) {
          var _ = authenticode.verifyWhql(catalogue, work);
          named = true;
        }
      }
      if (!named) {
        throw new UnsignedException(
            "no signed catalogue in it names " + inf.getFileName() + ", so it is not WHQL-signed");
      }
    }
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .filter(each -> String.valueOf(each.getFileName()).toLowerCase(ROOT).endsWith(ending))
          .sorted()
          .toList();
    }
  }

  private static String hex(String algorithm, byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
