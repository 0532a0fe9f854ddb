package dev.regild.disk.export;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.ExportFormat;
import dev.regild.disk.QemuImg;
import dev.regild.files.Sha256;
import dev.regild.machine.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Disks that leave Regild, as qemu-img and the formats' own fields show them. */
class DiskExportTest {
  /** Neither a whole number of MiB nor of 64 KiB. */
  private static final long BYTES = (5L << 20) + 512 * 3;

  @TempDir Path directory;
  private Path raw;
  private Path layer;

  @BeforeEach
  void make() throws Exception {
    raw = directory.resolve("disk.raw");
    byte[] content = new byte[1 << 20];
    new Random(1).nextBytes(content);
    try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
      file.setLength(BYTES);
      file.seek(3 << 20);
      file.write(content);
      file.seek(1 << 20);
      file.write("text ".repeat(20_000).getBytes(UTF_8));
    }
    Path base = directory.resolve("base.qcow2");
    QemuImg.convert(raw, DiskFormat.RAW, base, DiskFormat.QCOW2, _ -> {});
    layer = directory.resolve("layer.qcow2");
    QemuImg.createOverlay(base, layer);
  }

  @Test
  void everyFormatHoldsTheSameDisk() throws Exception {
    for (ExportFormat format : ExportFormat.values()) {
      Path disk = export(format);
      assertThat(qemuImg("compare", "-F", driver(format), raw.toString(), disk.toString()))
          .as(format.name())
          .contains("identical");
    }
    assertThat(Files.size(export(ExportFormat.COMPRESSED_QCOW2)))
        .isLessThan(Files.size(export(ExportFormat.QCOW2)));
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .as("nothing is left")
          .noneMatch(name -> name.contains(".grown"));
    }
  }

  @Test
  void aVmdkIsStreamOptimized() throws Exception {
    Path disk = export(ExportFormat.VMDK);
    byte[] bytes = Files.readAllBytes(disk);
    assertThat(new String(bytes, 0, 4, UTF_8)).isEqualTo("KDMV");
    assertThat(bytes[4])
        .as("the version that VMware wants with compressed grains")
        .isEqualTo((byte) 3);
    assertThat(new String(bytes, UTF_8))
        .contains("createType=\"streamOptimized\"")
        .contains("ddb.adapterType = \"lsilogic\"");
    assertThat(qemuImg("info", disk.toString())).contains("compressed: true");
  }

  @Test
  void aVhdIsFixedAndOfWholeMebibytes() throws Exception {
    Path disk = export(ExportFormat.VHD);
    assertThat(Files.size(disk)).isEqualTo((6L << 20) + 512);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
      file.seek(6L << 20);
      byte[] footer = new byte[512];
      file.readFully(footer);
      assertThat(new String(footer, 0, 8, UTF_8)).isEqualTo("conectix");
      file.seek((6L << 20) + 48);
      assertThat(file.readLong()).as("current size").isEqualTo(6L << 20);
      file.seek((6L << 20) + 60);
      assertThat(file.readInt()).as("a fixed disk").isEqualTo(2);
    }
  }

  @Test
  void anOvaHoldsDescriptionManifestAndDiskInThisOrder() throws Exception {
    Path disk = export(ExportFormat.OVA);
    OvaPackage ova =
        OvaPackage.of(
            new OvaPackage.Machine(
                "golden.2026-11",
                Optional.of("desks & <chairs>\u0001"),
                Optional.of("ROCKY_LINUX8"),
                true,
                BYTES),
            disk,
            Sha256.of(disk));
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    ova.writeTo(archive);
    assertThat(archive.size()).isEqualTo(ova.bytes());

    List<String> names = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    InputStream bytes = new ByteArrayInputStream(archive.toByteArray());
    try (TarArchiveInputStream tar = new TarArchiveInputStream(bytes)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        names.add(entry.getName());
        contents.add(tar.readAllBytes());
      }
    }
    assertThat(names)
        .containsExactly("golden.2026-11.ovf", "golden.2026-11.mf", "golden.2026-11-disk1.vmdk");
    assertThat(contents.get(2)).isEqualTo(Files.readAllBytes(disk));
    assertThat(new String(contents.get(1), UTF_8))
        .isEqualTo(
            "SHA256(golden.2026-11.ovf)= %s\nSHA256(golden.2026-11-disk1.vmdk)= %s\n"
                .formatted(sha256(contents.get(0)), sha256(contents.get(2))));
    Document ovf = parse(contents.get(0));
    assertThat(attribute(ovf, "File", "ovf:href")).isEqualTo("golden.2026-11-disk1.vmdk");
    assertThat(attribute(ovf, "File", "ovf:size")).isEqualTo(Long.toString(Files.size(disk)));
    assertThat(attribute(ovf, "Disk", "ovf:capacity")).isEqualTo(Long.toString(BYTES));
    assertThat(attribute(ovf, "VirtualSystem", "ovf:id")).isEqualTo("golden.2026-11");
    assertThat(attribute(ovf, "OperatingSystemSection", "vmw:osType")).isEqualTo("centos8_64Guest");
    assertThat(attribute(ovf, "vmw:Config", "vmw:value")).isEqualTo("efi");
    assertThat(ovf.getElementsByTagName("Annotation").item(0).getTextContent())
        .isEqualTo("desks & <chairs>\ufffd");
  }

  @Test
  void gnusTarListsAnOvaWhoseNameIsAsLongAsAnImagesMayBe() throws Exception {
    Path file = directory.resolve("long.ova");
    OvaPackage ova =
        OvaPackage.of(
            new OvaPackage.Machine(
                "x".repeat(101), Optional.empty(), Optional.empty(), false, BYTES),
            export(ExportFormat.OVA),
            "0".repeat(64));
    try (var out = Files.newOutputStream(file)) {
      ova.writeTo(out);
    }
    String stem = "x".repeat(80);
    assertThat(Program.of(List.of("tar", "tf", file.toString())).run().lines())
        .containsExactly(stem + ".ovf", stem + ".mf", stem + "-disk1.vmdk");
  }

  private Path export(ExportFormat format) throws Exception {
    Path disk = directory.resolve(format.name() + "." + format.suffix());
    Files.deleteIfExists(disk);
    DiskExport.write(layer, format, disk, _ -> {});
    assertThat(DiskExport.largestBytes(layer)).isGreaterThan(1 << 20);
    return disk;
  }

  private static String driver(ExportFormat format) {
    return switch (format) {
      case QCOW2, COMPRESSED_QCOW2 -> "qcow2";
      case RAW -> "raw";
      case VMDK, OVA -> "vmdk";
      case VHD -> "vpc";
      case VHDX -> "vhdx";
    };
  }

  private static String qemuImg(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(List.of(arguments));
    return Program.of(command).run();
  }

  private static Document parse(byte[] xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml));
  }

  private static String attribute(Document document, String element, String attribute) {
    return ((Element) document.getElementsByTagName(element).item(0)).getAttribute(attribute);
  }

  private static String sha256(byte[] content) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }
}
