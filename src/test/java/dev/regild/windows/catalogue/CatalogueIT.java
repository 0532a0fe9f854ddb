package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.cli.Regild;
import dev.regild.files.Sha256;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.machine.Program;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A catalogue of real cabinets, images, installers and drivers. */
@EnabledIf("dev.regild.fixtures.WindowsPackages#canBeMade")
class CatalogueIT {
  private static final String CODE = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

  @TempDir Path temporary;
  private Path data;
  private Path files;
  private ChannelStore channels;

  @BeforeEach
  void addAChannel() throws Exception {
    data = Files.createDirectory(temporary.resolve("data"));
    files = Files.createDirectory(temporary.resolve("files"));
    channels = new ChannelStore(data, Clock.systemUTC());
    assertThat(regild("channel", "add", "win", "--platform", "WINDOWS_SERVER_2022"))
        .contains("Added");
  }

  @Test
  void everyFormSaysWhatItIs() throws Exception {
    PackageFacts cumulative = read(WindowsPackages.cumulative(files, "KB5035857", "20348.2340"));
    assertThat(cumulative.kind()).isEqualTo(Kind.CUMULATIVE);
    assertThat(cumulative.name()).isEqualTo("Package_for_RollupFix");
    assertThat(cumulative.version()).isEqualTo("20348.2340.1.10");
    assertThat(cumulative.kb()).isEqualTo("KB5035857");
    assertThat(cumulative.builds()).containsExactly("20348");
    assertThat(cumulative.resultingBuild()).isEqualTo("20348.2340");
    assertThat(cumulative.architecture()).isEqualTo("amd64");
    assertThat(cumulative.security()).isTrue();
    assertThat(read(WindowsPackages.combined(files, "KB5035858", "20348.2341", "20348.2334")))
        .extracting(PackageFacts::kind, PackageFacts::resultingBuild)
        .containsExactly(Kind.CUMULATIVE, "20348.2341");
    assertThat(read(WindowsPackages.cumulativeWim(files, "KB5043080", "26100.1742", "26100.1738")))
        .extracting(PackageFacts::kind, PackageFacts::kb, PackageFacts::resultingBuild)
        .containsExactly(Kind.CUMULATIVE, "KB5043080", "26100.1742");
    assertThat(read(WindowsPackages.servicingStack(files, "KB5035966", "20348.2334")))
        .extracting(PackageFacts::kind, PackageFacts::name, PackageFacts::version)
        .containsExactly(Kind.SERVICING_STACK, "Package_for_ServicingStack", "20348.2334.1.0");
    assertThat(read(WindowsPackages.dotNet(files, "KB5034123", "10.0.4690.2", "20348")))
        .extracting(PackageFacts::kind, PackageFacts::builds)
        .containsExactly(Kind.DOTNET, List.of("20348"));
    assertThat(read(WindowsPackages.agentMsi(files, "Example Agent", "2.4.1", CODE)))
        .extracting(
            PackageFacts::kind,
            PackageFacts::name,
            PackageFacts::version,
            PackageFacts::architecture,
            PackageFacts::upgradeCode)
        .containsExactly(Kind.AGENT, "Example Agent", "2.4.1", "amd64", CODE);
    assertThat(read(driver()))
        .extracting(PackageFacts::kind, PackageFacts::name, PackageFacts::version)
        .containsExactly(Kind.DRIVER, "netkvm.inf", "2024-06-21 100.95");
  }

  @Test
  void theCommandsAddListAndRemove() throws Exception {
    Path odd =
        Files.move(
            WindowsPackages.cumulative(files, "KB5035857", "20348.2340"),
            files.resolve("März ' $(x) update.bin"));
    assertThat(regild("channel", "add-update", "win", odd.toString()))
        .contains("Added cumulative KB5035857 Package_for_RollupFix");
    assertThat(regild("channel", "add-update", "win", odd.toString()))
        .startsWith("Already present:");
    Path folder = driver();
    regild("channel", "add-update", "win", folder.toString());
    assertThat(regild("channel", "add-update", "win", folder.toString()))
        .startsWith("Already present: driver netkvm.inf");
    regild(
        "channel",
        "add-update",
        "win",
        WindowsPackages.cumulative(files, "KB5036909", "20348.2402").toString());
    String list = regild("channel", "list-updates", "win");
    assertThat(list.lines().filter(line -> line.contains("KB5035857")))
        .singleElement()
        .asString()
        .contains("20348.2340")
        .containsPattern("KB5036909 +added$");
    Snapshot snapshot = channels.current("win").orElseThrow();
    assertThat(snapshot.size()).isEqualTo(3);
    assertThat(Catalogue.of(channels, "win").entries())
        .allSatisfy(entry -> {
          assertThat(entry.fileName()).matches("[A-Za-z0-9_-]+-[0-9a-f]{12}\\.(msu|zip)");
          assertThat(Sha256.of(snapshot.directory().resolve(entry.fileName())))
              .isEqualTo(entry.sha256());
        });
    assertThat(regild("channel", "remove-update", "win", "kb5035857")).contains("Removed");
    assertThat(regild("channel", "remove-update", "win", "kb5035857")).contains("no update");
    assertThat(channels.current("win").orElseThrow().size()).isEqualTo(2);
  }

  @Test
  void whatTheFileDoesNotSayIsToldByOptions() throws Exception {
    Path silent = WindowsPackages.update(files, "KB1", "Package_for_X", "10.0.1.2", "Update", "");
    assertThat(regild("channel", "add-update", "win", silent.toString()))
        .contains("does not say its KB number; give it with --kb");
    assertThat(regild("channel", "add-update", "win", silent.toString(), "--kb", "KB5000001"))
        .contains("give it with --build");
    assertThat(
            regild(
                "channel",
                "add-update",
                "win",
                silent.toString(),
                "--kb=kb5000001",
                "--build=20348",
                "--kind=servicing-stack"))
        .contains("Added servicing-stack KB5000001 Package_for_X");
  }

  @Test
  void aFileThatIsNotWhatWasExpectedOrWasChangedSinceIsRefused() throws Exception {
    Path agent = WindowsPackages.agentMsi(files, "Example Agent", "2.4.1", CODE);
    assertThat(regild("channel", "add-update", "win", agent.toString(), "--sha256", "0".repeat(64)))
        .contains("its SHA-256 is " + Sha256.of(agent));
    regild("channel", "add-update", "win", agent.toString(), "--sha256", Sha256.of(agent));
    String before = channels.current("win").orElseThrow().digest();
    Files.writeString(data.resolve("channels/win.catalogue").resolve(Sha256.of(agent)), "other");
    assertThatThrownBy(() -> channels.refresh("win")).hasMessageContaining("has changed since");
    assertThat(channels.current("win").orElseThrow().digest()).isEqualTo(before);
  }

  @Test
  void hostileFilesAreRefusedAndLeaveNothing() throws Exception {
    Path good =
        WindowsPackages.update(files, "KB5000001", "Package_for_X", "10.0.1.2", "U", "20348");
    byte[] bytes = Files.readAllBytes(good);
    Path cut = Files.write(files.resolve("cut.cab"), java.util.Arrays.copyOf(bytes, 90));
    assertRefused(cut, "the cabinet is truncated");
    String text = new String(bytes, ISO_8859_1);
    Path escaping =
        Files.write(
            files.resolve("out.cab"),
            text.replace("update.mum", "../../.mum").getBytes(ISO_8859_1));
    assertRefused(escaping, "whose name leads outside");
    assertRefused(Files.writeString(files.resolve("text.msu"), "MZ no update"), "first bytes");
    assertRefused(Files.writeString(files.resolve("empty.msu"), ""), "first bytes");
    assertRefused(Files.writeString(files.resolve("wim.msu"), "MSWIM\0\0\0"), "cannot unpack it");
    assertRefused(
        Files.write(files.resolve("no.msi"), "ÐÏ\u0011à¡±\u001aá".getBytes(ISO_8859_1)),
        "cannot unpack it");
    assertRefused(zip("../evil.inf", 10), "whose name leads outside");
    assertRefused(zip("bomb.sys", 300 << 20), "far more than a driver");
    assertRefused(zipWithLink(), "it contains the link netkvm.inf");
    assertRefused(tree(), "it contains netkvm.inf twice, as 2k19/netkvm.inf and 2k22/netkvm.inf");
    assertRefused(imageWithLink(), "its member update.cab is a link");
    Path arm = driver();
    Path inf = arm.resolve("netkvm.inf");
    Files.writeString(inf, Files.readString(inf).replace("NTamd64", "NTarm64"));
    assertRefused(arm, "for arm64, not for amd64");
    assertRefused(files.resolve("missing"), "no such file");
    try (var left = Files.list(data.resolve("channels/win.catalogue"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void whatIsNoUpdateOfItsOwnIsRefused() throws Exception {
    String name = "Microsoft-Windows-22H2Enablement-Package";
    assertRefused(
        WindowsPackages.update(files, "KB5015684", name, "10.0.19041.1799", "Update", "19041"),
        "it is " + name + ", a feature or language and not an update");
  }

  @Test
  void twoAtOnceAddBoth() throws Exception {
    List<Path> packages =
        List.of(
            WindowsPackages.cumulative(files, "KB5000001", "20348.2340"),
            WindowsPackages.cumulative(files, "KB5000002", "20348.2402"));
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var done :
          threads.invokeAll(
              List.of(
                  adding(packages.get(0)),
                  adding(packages.get(1)),
                  adding(packages.get(0)),
                  adding(packages.get(1))))) {
        assertThat(done.get()).hasSize(1);
      }
    }
    assertThat(Catalogue.of(channels, "win").entries()).hasSize(2);
  }

  @Test
  void aChannelOfRepositoriesHasNoCatalogue() {
    assertThat(regild("channel", "add", "two", "--platform", "WINDOWS", "--repo", "file:///x"))
        .contains("--repo can't be used for WINDOWS; its options are --arch, --ca-cert,");
    assertThat(regild("channel", "add-update", "none", "x"))
        .contains("Channel none does not exist");
    assertThat(regild("channel", "remove", "win")).contains("Removed win");
    assertThat(data.resolve("channels/win.catalogue")).doesNotExist();
  }

  private Callable<List<CatalogueEntry>> adding(Path file) {
    return () -> {
      Catalogue catalogue = Catalogue.of(channels, "win");
      try (Catalogue.Incoming incoming = catalogue.read(file, Optional.empty())) {
        return incoming.there().isEmpty()
            ? catalogue.add(incoming, incoming.packages())
            : incoming.there();
      }
    };
  }

  private PackageFacts read(Path file) throws Exception {
    try (Catalogue.Incoming incoming = Catalogue.of(channels, "win").read(file, Optional.empty())) {
      assertThat(incoming.packages()).hasSize(1);
      PackageFacts facts = incoming.packages().getFirst();
      assertThat(facts.missing()).isEmpty();
      return facts;
    }
  }

  private void assertRefused(Path file, String why) {
    assertThat(regild("channel", "add-update", "win", file.toString()))
        .startsWith("regild: " + file + " can't be added")
        .contains(why);
  }

  private Path driver() throws Exception {
    return WindowsPackages.driver(
        files, "netkvm.inf", "06/21/2024,100.95", "PCI\\VEN_1AF4&DEV_1041");
  }

  private Path zipWithLink() throws Exception {
    Path zip = files.resolve("link.zip");
    try (var out = new ZipArchiveOutputStream(zip)) {
      ZipArchiveEntry link = new ZipArchiveEntry("netkvm.inf");
      link.setUnixMode(0120777);
      out.putArchiveEntry(link);
      out.write("/etc/hostname".getBytes(ISO_8859_1));
      out.closeArchiveEntry();
    }
    return zip;
  }

  /** As a vendor has it who has a driver for each release. */
  private Path tree() throws Exception {
    Path tree = Files.createDirectory(files.resolve("tree"));
    Files.move(driver(), tree.resolve("2k19"));
    Files.move(driver(), tree.resolve("2k22"));
    return tree;
  }

  private Path imageWithLink() throws Exception {
    Path content = Files.createDirectory(files.resolve("content"));
    Files.createSymbolicLink(content.resolve("update.cab"), Path.of("/etc/hostname"));
    Path image = files.resolve("link.msu");
    Program.of("wimlib-imagex", "capture", content.toString(), image.toString()).run();
    return image;
  }

  private Path zip(String name, int zeros) throws Exception {
    Path zip = Files.createTempFile(files, "driver", ".zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry(name));
      for (int i = 0; i < zeros; i += 1 << 16) {
        out.write(new byte[1 << 16]);
      }
    }
    return zip;
  }

  /** What a command says, wherever it says it. */
  private String regild(String... args) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    String[] all = java.util.Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--data";
    all[args.length + 1] = data.toString();
    Regild.run(out, out, all);
    return said.toString();
  }
}
