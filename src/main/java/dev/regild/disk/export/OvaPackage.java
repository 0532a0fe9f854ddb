package dev.regild.disk.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * An OVA: a tar archive of a machine's description (.ovf), a manifest of hashes (.mf) and a
 * streamOptimized VMDK, in ovftool's order, so a reader can check the disk as it arrives. The disk
 * is not copied: the archive is a head, the disk's file, and a tail.
 */
public final class OvaPackage {
  private static final int BLOCK = 512;

  /** With an ending it is within the 100 characters of a name in USTAR. */
  private static final int LONGEST_STEM = 80;

  private final Path disk;
  private final long diskBytes;
  private final byte[] before;

  private OvaPackage(Path disk, long diskBytes, byte[] before) {
    this.disk = disk;
    this.diskBytes = diskBytes;
    this.before = before;
  }

  /**
   * What an OVA says of the machine.
   *
   * @param name of machine and files; letters, digits, dots, dashes and underscores
   * @param description for people
   * @param platform {@code DEBIAN_12}; empty if it is not known
   * @param uefi whether the disk boots by UEFI
   * @param virtualBytes the size of the disk that a guest sees
   */
  public record Machine(
      String name,
      Optional<String> description,
      Optional<String> platform,
      boolean uefi,
      long virtualBytes) {}

  /**
   * With what is said of a disk; nothing of it is read yet.
   *
   * @param disk a {@link dev.regild.disk.ExportFormat#VMDK}, which stays as it is
   * @param sha256 of the disk's file, lower-case hexadecimal
   */
  public static OvaPackage of(Machine machine, Path disk, String sha256) throws IOException {
    long diskBytes = Files.size(disk);
    String stem = machine.name.substring(0, Math.min(machine.name.length(), LONGEST_STEM));
    String file = stem + "-disk1.vmdk";
    byte[] description =
        new OvfDocument(
                machine.name,
                machine.description,
                machine.platform,
                machine.uefi,
                file,
                diskBytes,
                machine.virtualBytes)
            .xml()
            .getBytes(UTF_8);
    String descriptionFile = stem + ".ovf";
    String manifest = line(descriptionFile, Sha256.of(description)) + line(file, sha256);
    ByteArrayOutputStream before = new ByteArrayOutputStream();
    // Not closed: that would write the end of the archive.
    TarArchiveOutputStream tar = new TarArchiveOutputStream(before, BLOCK, UTF_8.name());
    // USTAR, as DSP0243 wants it; only a size beyond 8 GiB is written in the way that GNU's tar
    // has.
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    put(tar, descriptionFile, description);
    put(tar, stem + ".mf", manifest.getBytes(UTF_8));
    tar.putArchiveEntry(entry(file, diskBytes));
    tar.flush();
    return new OvaPackage(disk, diskBytes, before.toByteArray());
  }

  /** The size of the archive. */
  public long bytes() {
    return before.length + diskBytes + behind();
  }

  /** Writes the archive. */
  public void writeTo(OutputStream out) throws IOException {
    out.write(before);
    if (Files.copy(disk, out) != diskBytes) {
      throw new IOException("%s has changed while it was sent".formatted(disk));
    }
    out.write(new byte[behind()]);
  }

  /** What fills the disk's last block, and the two empty blocks that end a tar archive. */
  private int behind() {
    return (int) ((BLOCK - diskBytes % BLOCK) % BLOCK) + 2 * BLOCK;
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    tar.putArchiveEntry(entry(name, content.length));
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String name, long bytes) {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes);
    entry.setMode(0644);
    return entry;
  }

  private static String line(String file, String sha256) {
    return "SHA256(%s)= %s\n".formatted(file, sha256);
  }
}
