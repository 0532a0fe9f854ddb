package dev.regild.windows.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.WindowsPackages;
import dev.regild.machine.Program;
import dev.regild.servicing.GuestException;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CDs made by the real xorriso, of real cabinets. */
class WindowsCdTest {
  /** Not below /dev, where xorriso looks for drives. */
  @TempDir(factory = TempDirFactory.Standard.class)
  Path directory;

  private Path files;
  private Path workspace;

  @BeforeEach
  void makeDirectories() throws Exception {
    files = Files.createDirectory(directory.resolve("files"));
    workspace = directory.resolve("workspace");
  }

  @Test
  void packagesLieInTheOrderOfTheirKinds() throws Exception {
    Files.writeString(files.resolve("agent 1.0.msi"), "agent");
    Files.writeString(files.resolve("ssu.cab"), "stack");
    zip(
        "net.zip",
        Map.of("NetKVM/w11/amd64/NETKVM.INF", "inf", "NetKVM/w11/amd64/netkvm.sys", "s"));
    WindowsCd cd =
        make(
            pack(Kind.AGENT, "Agent", "agent 1.0.msi"),
            pack(Kind.DRIVER, "netkvm.inf", "net.zip"),
            pack(Kind.SERVICING_STACK, "Stack", "ssu.cab"));
    assertThat(cd.contents())
        .flatExtracting(WindowsCd.Content::files)
        .containsExactly("01\\ssu.cab", "02\\NetKVM\\w11\\amd64\\NETKVM.INF", "03\\agent_1.0.msi");
    String listing =
        Program.of(
                "xorriso", "-indev", cd.iso().toString(), "-pvd_info", "-find", "/", "-type", "f")
            .run();
    assertThat(listing)
        .contains(
            "REGILD", "'/01/ssu.cab'", "'/02/NetKVM/w11/amd64/netkvm.sys'", "'/03/agent_1.0.msi'");
  }

  @Test
  void aCabinetOfUpdatesIsExpandedAndItsServicingStackComesFirst() throws Exception {
    cabinet(
        "a.msu",
        "Windows10.0-KB5.cab",
        "SSU-20348.cab",
        "WSUSSCAN.cab",
        "DesktopDeployment.cab",
        "DesktopDeployment_x86.cab",
        "onepackage.AggregatedMetadata.cab",
        "Windows10.0-KB5.xml");
    WindowsCd cd = make(pack(Kind.CUMULATIVE, "Package_for_RollupFix", "a.msu"));
    assertThat(cd.contents().getFirst().files())
        .containsExactly("01\\SSU-20348.cab", "01\\Windows10.0-KB5.cab");
    try (Stream<Path> onCd = Files.list(workspace.resolve("cd").resolve("01"))) {
      assertThat(onCd)
          .as("what is no package is not on the CD")
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrder("SSU-20348.cab", "Windows10.0-KB5.cab");
    }
  }

  @Test
  void aCabinetThatNamesAnotherIsRefused() throws Exception {
    cabinet("a.msu", "Windows10.0-KB5.cab");
    cabinet("b.msu", "Windows10.0-KB6.cab");
    WindowsPackages.continued(files.resolve("a.msu"), "b.msu");
    assertThatThrownBy(() -> make(pack(Kind.CUMULATIVE, "Package_for_RollupFix", "a.msu")))
        .isInstanceOf(GuestException.class)
        .hasMessageStartingWith(
            "The file of Package_for_RollupFix, a.msu, can't be unpacked: it is one part of a multi-part cabinet");
  }

  @Test
  void anUpdateWithDeltasStaysWhole() throws Exception {
    cabinet("a.msu", "Windows11.0-KB5.cab", "Windows11.0-KB5.psf");
    WindowsCd cd = make(pack(Kind.CUMULATIVE, "Package_for_RollupFix", "a.msu"));
    assertThat(cd.contents().getFirst().files()).containsExactly("01\\a.msu");
  }

  @Test
  void anUpdateInWimFormStaysWhole() throws Exception {
    Files.writeString(files.resolve("a.msu"), "MSWIM");
    WindowsCd cd = make(pack(Kind.CUMULATIVE, "Package_for_RollupFix", "a.msu"));
    assertThat(cd.contents().getFirst().files()).containsExactly("01\\a.msu");
  }

  @Test
  void checkpointsLieBesideTheUpdateThatBuildsOnThem() throws Exception {
    Files.writeString(files.resolve("target.msu"), "MSWIM");
    Files.writeString(files.resolve("checkpoint.msu"), "MSWIM");
    Files.writeString(files.resolve("ssu.cab"), "stack");
    WindowsCd cd =
        make(
            pack(Kind.SERVICING_STACK, "Stack", "ssu.cab"),
            new WindowsPackage(
                Kind.CUMULATIVE,
                "Windows",
                "amd64",
                "1.0",
                "KB5083769",
                "target.msu",
                List.of("checkpoint.msu")));
    assertThat(cd.contents().getLast().files()).containsExactly("02\\target.msu");
    String listing =
        Program.of("xorriso", "-indev", cd.iso().toString(), "-find", "/02", "-type", "f").run();
    assertThat(listing.lines().filter(line -> line.startsWith("'/")))
        .containsExactlyInAnyOrder("'/02/target.msu'", "'/02/checkpoint.msu'");
  }

  @Test
  void theServicingStackInACumulativeCabinetComesFirst() throws Exception {
    cabinet("a.cab", "update.mum", "SSU-20348.2640-x64.cab", "Cab_1_for_KB5042881_PSFX.cab");
    assertThat(make(pack(Kind.CUMULATIVE, "Windows", "a.cab")).contents().getFirst().files())
        .containsExactly("01\\SSU-20348.2640-x64.cab", "01\\a.cab");
  }

  @Test
  void ofTwoInfsTheArchitecturesOwnIsTaken() throws Exception {
    zip("net.zip", Map.of("x86/netkvm.inf", "a", "amd64/netkvm.inf", "b"));
    assertThat(make(pack(Kind.DRIVER, "netkvm.inf", "net.zip")).contents().getFirst().files())
        .containsExactly("01\\amd64\\netkvm.inf");
  }

  @Test
  void aZipWithoutTheInfIsRefused() throws Exception {
    zip("net.zip", Map.of("other.inf", "a"));
    assertThatThrownBy(() -> make(pack(Kind.DRIVER, "netkvm.inf", "net.zip")))
        .isInstanceOf(GuestException.class)
        .hasMessage(
            "The driver package net.zip holds 0 files of the name netkvm.inf for amd64; there must"
                + " be one.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../evil.inf", "/etc/evil.inf", "..\\..\\evil.inf", "C:\\evil.inf"})
  void aZipThatLeadsOutOfItsFolderIsRefused(String name) throws Exception {
    zip("net.zip", Map.of(name, "x"));
    assertThatThrownBy(() -> make(pack(Kind.DRIVER, "evil.inf", "net.zip")))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("whose name leads outside");
  }

  @Test
  void aDamagedZipIsRefused() throws Exception {
    Files.writeString(files.resolve("net.zip"), "no zip");
    assertThatThrownBy(() -> make(pack(Kind.DRIVER, "netkvm.inf", "net.zip")))
        .isInstanceOf(GuestException.class)
        .hasMessageStartingWith(
            "The file of netkvm.inf, net.zip, can't be unpacked: the zip cannot");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> make(pack(Kind.AGENT, "Agent", "agent.msi")))
        .isInstanceOf(GuestException.class)
        .hasMessage("The file of Agent, agent.msi, is missing.");
  }

  private WindowsCd make(WindowsPackage... packages) throws Exception {
    return WindowsCd.make(List.of(packages), files, workspace);
  }

  private static WindowsPackage pack(Kind kind, String name, String file) {
    return new WindowsPackage(kind, name, "amd64", "1.0", "", file);
  }

  private void zip(String name, Map<String, String> entries) throws Exception {
    try (OutputStream out = Files.newOutputStream(files.resolve(name));
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private void cabinet(String name, String... members) throws Exception {
    Path from =
        Files.createDirectory(directory.resolve(name.toLowerCase(Locale.ROOT) + ".members"));
    ArrayList<String> command =
        new ArrayList<>(List.of("gcab", "-c", "-n", files.resolve(name).toString()));
    for (String member : members) {
      command.add(Files.writeString(from.resolve(member), member).toString());
    }
    var _ = Program.of(command).run();
  }
}
