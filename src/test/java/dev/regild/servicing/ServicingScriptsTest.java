package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our scripts of a guest, on directories that stand for its root. */
class ServicingScriptsTest {
  @TempDir Path directory;
  private Path root = Path.of("");
  private Path kept = Path.of("");
  private Path programs = Path.of("");

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(directory.resolve("root"));
    kept = Files.createDirectory(directory.resolve("kept"));
    programs = Files.createDirectory(directory.resolve("programs"));
  }

  @Test
  void identityIsPutBackByteForByteWithoutTar() throws Exception {
    Path tar = Files.writeString(programs.resolve("tar"), "#!/bin/sh\nexit 127\n");
    assertThat(tar.toFile().setExecutable(true)).isTrue();
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    write("etc/ssh/ssh_host_ed25519_key", "secret\n");
    write("var/lib/cloud/data/instance id", "i-1\n");
    write("var/log/own.log", "before\n");
    Files.setLastModifiedTime(
        root.resolve("etc/machine-id"), FileTime.from(Instant.parse("2024-01-01T00:00:00Z")));
    run("keep.sh", "save", kept.toString(), root.toString());

    Files.delete(root.resolve("etc/ssh/ssh_host_ed25519_key"));
    write("etc/ssh/ssh_host_rsa_key", "new\n");
    write("etc/machine-id", "ffffffffffffffffffffffffffffffff\n");
    write("var/lib/cloud/data/instance id", "i-2\n");
    write("var/log/own.log", "before\nand more\n");
    write("var/log/new.log", "new\n");
    run("keep.sh", "restore", kept.toString(), root.toString());

    assertThat(root.resolve("etc/machine-id")).hasContent("0123456789abcdef0123456789abcdef");
    assertThat(Files.getLastModifiedTime(root.resolve("etc/machine-id")).toInstant())
        .isEqualTo(Instant.parse("2024-01-01T00:00:00Z"));
    assertThat(root.resolve("etc/ssh/ssh_host_ed25519_key")).hasContent("secret");
    assertThat(root.resolve("etc/ssh/ssh_host_rsa_key")).doesNotExist();
    assertThat(root.resolve("var/lib/cloud/data/instance id")).hasContent("i-1");
    assertThat(Files.readString(root.resolve("var/log/own.log"))).isEqualTo("before\n");
    assertThat(root.resolve("var/log/new.log")).doesNotExist();
  }

  @Test
  void whatHasNotChangedIsNotTouched() throws Exception {
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    write("var/log/own.log", "before\n");
    Object inode = Files.getAttribute(root.resolve("etc/machine-id"), "unix:ino");
    run("keep.sh", "save", kept.toString(), root.toString());
    run("keep.sh", "restore", kept.toString(), root.toString());
    assertThat(Files.getAttribute(root.resolve("etc/machine-id"), "unix:ino")).isEqualTo(inode);
  }

  @ParameterizedTest
  @CsvSource({
    // ID, what the EFI system partition has, what becomes the fallback
    "debian, debian/grubx64.efi, debian/grubx64.efi",
    "debian, debian/shimx64.efi debian/grubx64.efi debian/mmx64.efi, debian/shimx64.efi",
    "debian, debian/shimx64.efi other/grubx64.efi, other/grubx64.efi",
    "ubuntu, debian/grubx64.efi ubuntu/shimx64.efi ubuntu/grubx64.efi, ubuntu/shimx64.efi",
    "\"rocky\", rocky/shimx64.efi rocky/grubx64.efi, rocky/shimx64.efi",
    "rhel, almalinux/grubx64.efi redhat/shimx64.efi redhat/grubx64.efi, redhat/shimx64.efi",
    "debian, Microsoft/Boot/bootmgfw.efi systemd/systemd-bootx64.efi, systemd/systemd-bootx64.efi",
    "debian, Microsoft/Boot/bootmgfw.efi, ''",
  })
  void theVendorsBootLoaderBecomesTheFallbackWhereThereIsNone(
      String id, String files, String chosen) throws Exception {
    write("etc/os-release", "NAME=x\nID=" + id + "\nVERSION_ID=1\n");
    for (String file : files.split(" ", -1)) {
      write("boot/efi/EFI/" + file, file);
    }
    run("efi-fallback.sh", root.toString(), "/home", "/boot/efi");

    Path fallback = root.resolve("boot/efi/EFI/BOOT");
    if (chosen.isEmpty()) {
      assertThat(fallback).doesNotExist();
      return;
    }
    assertThat(fallback.resolve("BOOTX64.EFI")).hasContent(chosen);
    if (chosen.contains("shim")) {
      assertThat(fallback.resolve("grubx64.efi")).hasContent(chosen.replace("shim", "grub"));
    }
    assertThat(root.resolve("boot/efi/EFI/" + chosen)).hasContent(chosen);
  }

  @Test
  void aFallbackThatIsThereStays() throws Exception {
    write("boot/efi/EFI/Boot/bootx64.efi", "own");
    write("boot/efi/EFI/debian/grubx64.efi", "debian");
    run("efi-fallback.sh", root.toString(), "/boot/efi");
    assertThat(root.resolve("boot/efi/EFI/Boot/bootx64.efi")).hasContent("own");
    assertThat(root.resolve("boot/efi/EFI/BOOT")).doesNotExist();
  }

  @Test
  void anEmptyMachineIdBecomesThatOfTheBootEntries() throws Exception {
    Files.createDirectories(root.resolve("etc/kernel"));
    write("etc/machine-id", "");
    String id = "a".repeat(32);
    write("boot/loader/entries/" + id + "-4.18.0-513.el8.x86_64.conf", "title old\n");
    write("boot/loader/entries/" + id + "-0-rescue.conf", "title rescue\n");
    write("boot/loader/entries/" + "b".repeat(32) + "-4.18.0-1.el8.x86_64.conf", "title x\n");
    run("machine-id.sh", root.toString());
    assertThat(Files.readString(root.resolve("etc/machine-id"))).isEqualTo(id + "\n");
  }

  @Test
  void aMachineIdThatIsThereStaysAndOneThatIsNowhereIsMade() throws Exception {
    Files.createDirectories(root.resolve("etc/kernel"));
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    run("machine-id.sh", root.toString());
    assertThat(root.resolve("etc/machine-id")).hasContent("0123456789abcdef0123456789abcdef");
    write("etc/machine-id", "uninitialized\n");
    run("machine-id.sh", root.toString());
    assertThat(Files.readString(root.resolve("etc/machine-id"))).matches("[0-9a-f]{32}\n");
  }

  @Test
  void anInitramfsForTheMachineItIsMadeOnBecomesOneWithTheModulesThatItHad() throws Exception {
    write("etc/initramfs-tools/initramfs.conf", "MODULES=most\n");
    write("etc/initramfs-tools/conf.d/driver-policy", "# chosen\nMODULES=dep\n");
    write("boot/initrd.img-6.1.0-1-amd64", "");
    Path lister =
        Files.writeString(
            programs.resolve("lsinitramfs"),
            """
            #!/bin/sh
            echo usr/lib/modules/6.1.0-1-amd64/kernel/drivers/block/virtio_blk.ko
            echo usr/lib/modules/6.1.0-1-amd64/kernel/fs/ext4/ext4.ko.xz
            echo usr/lib/modules/6.1.0-1-amd64/modules.dep
            """);
    assertThat(lister.toFile().setExecutable(true)).isTrue();
    run("initramfs.sh", "before", root.toString());
    assertThat(root.resolve("etc/initramfs-tools/conf.d/zz-regild")).hasContent("MODULES=list");
    assertThat(root.resolve("etc/initramfs-tools/hooks/zz-regild"))
        .content()
        .contains("manual_add_modules ext4\nmanual_add_modules virtio_blk\n");
    assertThat(root.resolve("etc/initramfs-tools/hooks/zz-regild")).isExecutable();
    run("initramfs.sh", "after", root.toString());
    assertThat(tree()).noneMatch(path -> path.contains("regild"));
  }

  @Test
  void otherInitramfsesStayAsTheyAreAndDracutsFitsEveryMachine() throws Exception {
    write("etc/initramfs-tools/initramfs.conf", "MODULES=dep\nMODULES=most\n");
    Files.createDirectories(root.resolve("etc/dracut.conf.d"));
    run("initramfs.sh", "before", root.toString());
    assertThat(root.resolve("etc/initramfs-tools/conf.d/zz-regild")).doesNotExist();
    assertThat(root.resolve("etc/dracut.conf.d/zz-regild.conf"))
        .content()
        .contains("hostonly=\"no\"");
    run("initramfs.sh", "after", root.toString());
    assertThat(tree()).noneMatch(path -> path.contains("regild"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theBootLoaderGoesToTheImagesOwnDiskWhereThatIsToBeSeen(boolean seen) throws Exception {
    String own = seen ? aBlockDevice() : "";
    program("grub-probe", seen ? "echo " + own : "exit 1");
    program("lsblk", "echo '/dev/mapper/vg-boot lvm'; echo '" + own + " disk'");
    // A debconf with these two answers, which says what debconf-communicate(1) says.
    Path database = Files.createDirectory(directory.resolve("debconf"));
    Files.writeString(database.resolve("install_devices"), "/dev/no-such-disk");
    Files.writeString(database.resolve("install_devices_empty"), "false");
    Path debconf =
        Files.writeString(
            programs.resolve("debconf-communicate"),
            """
            #!/bin/sh
            while read -r command question value; do
              file=%s/${question#grub-pc/}
              case $command in
              GET) echo "0 $(cat "$file")" ;;
              SET) printf '%%s' "$value" >"$file"; echo 0 value set ;;
              esac
            done
            """
                .formatted(database));
    assertThat(debconf.toFile().setExecutable(true)).isTrue();
    run("boot-disk.sh", "before", kept.toString());
    assertThat(Files.readString(database.resolve("install_devices"))).isEqualTo(own);
    assertThat(Files.readString(database.resolve("install_devices_empty")))
        .isEqualTo(seen ? "false" : "true");
    run("boot-disk.sh", "after", kept.toString());
    assertThat(database.resolve("install_devices")).hasContent("/dev/no-such-disk");
    assertThat(database.resolve("install_devices_empty")).hasContent("false");
  }

  /** Any of this machine's: only its kind is looked at. */
  private static String aBlockDevice() throws IOException {
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      Optional<Path> device =
          devices
              .map(each -> Path.of("/dev").resolve(each.getFileName()))
              .filter(Files::exists)
              .findAny();
      assumeThat(device).as("a block device").isPresent();
      return device.orElseThrow().toString();
    }
  }

  @Test
  void anInitramfsThatIsAskedForTwiceIsMadeOnceAtTheEnd() throws Exception {
    Path standIn = mkinitramfs("echo initramfs of \"$3\" >\"$2\"; echo made >>made");
    Path initrd = root.resolve("boot/initrd.img-6.1.0-1-amd64");
    for (int calls = 0; calls < 2; calls++) {
      assertThat(said(0, standIn, "-o", initrd + ".new", "6.1.0-1-amd64")).isEmpty();
      Files.move(Path.of(initrd + ".new"), initrd, StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(said(0, standIn, "-o", root + "/boot/initrd.img-gone.new", "gone")).isEmpty();
    Files.delete(root.resolve("boot/initrd.img-gone.new"));
    assertThat(programs.resolve("made")).doesNotExist();
    assertThat(said(0, standIn, "-o", root + "/boot/kdump.img", "6.1.0-1-amd64")).isEmpty();
    assertThat(root.resolve("boot/kdump.img")).hasContent("initramfs of 6.1.0-1-amd64");

    run("initramfs.sh", "make", standIn + ".regild", root.toString());
    assertThat(initrd).hasContent("initramfs of 6.1.0-1-amd64");
    assertThat(root.resolve("boot").toFile().list())
        .containsExactlyInAnyOrder("kdump.img", initrd.getFileName().toString());
    assertThat(programs.resolve("made")).hasContent("made\nmade");
  }

  @Test
  void anInitramfsThatAHookCopiesToTheBootLoaderIsMadeAtOnce() throws Exception {
    Path standIn = mkinitramfs("echo made >\"$2\"");
    Path initrd = root.resolve("boot/initrd.img-1.new");
    write("etc/kernel/postinst.d/zz-update-grub", "");
    said(0, standIn, "-o", initrd.toString(), "1");
    assertThat(Files.readString(initrd)).isNotEqualTo("made\n");
    write("etc/kernel/postinst.d/zz-systemd-boot", "");
    said(0, standIn, "-o", initrd.toString(), "1");
    assertThat(initrd).hasContent("made");

    Files.delete(root.resolve("etc/kernel/postinst.d/zz-systemd-boot"));
    write("etc/initramfs-tools/update-initramfs.conf", "# of ours\nbackup_initramfs=yes\n");
    Files.delete(initrd);
    said(0, standIn, "-o", initrd.toString(), "1");
    assertThat(initrd).hasContent("made");
  }

  @ParameterizedTest
  @CsvSource({
    // what changes after the early one was made, how often it is made
    "'', 1",
    "etc/ca-certificates.conf, 1",
    "etc/modprobe.d/own.conf, 2",
    "etc/modprobe.d/own.conf.dpkg-new, 2",
    "etc/profile.dpkg-new, 1",
    "etc/ld.so.cache, 2",
    "usr/lib/udev/rules.d/60-own.rules, 2",
  })
  void anInitramfsThatIsMadeEarlyIsTakenOnlyIfItWouldBeTheSame(String changed, int made)
      throws Exception {
    write("etc/ld.so.cache", "libraries");
    Path standIn = mkinitramfs("echo initramfs of \"$3\" >\"$2\"; echo made >>made");
    Path initrd = askedFor(standIn);
    makeEarly(standIn);
    if (!changed.isEmpty()) {
      write(changed, "changed");
    }
    run("initramfs.sh", "make", standIn + ".regild", root.toString());
    assertThat(initrd).hasContent("initramfs of 6.1.0-1-amd64");
    assertThat(Files.readAllLines(programs.resolve("made"))).hasSize(made);
  }

  /** A hook of the owner's may read anything, also if it is named as one that is known. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "etc/initramfs-tools/hooks/own",
        "etc/initramfs-tools/hooks/udev",
        "usr/share/initramfs-tools/hooks/own",
      })
  void anInitramfsOfUnknownHooksIsNotMadeEarly(String hook) throws Exception {
    write(hook, "");
    Path standIn = mkinitramfs("echo made >>made");
    var _ = askedFor(standIn);
    makeEarly(standIn);
    assertThat(programs.resolve("made")).doesNotExist();
  }

  private Path askedFor(Path standIn) throws Exception {
    Path initrd = root.resolve("boot/initrd.img-6.1.0-1-amd64");
    said(0, standIn, "-o", initrd + ".new", "6.1.0-1-amd64");
    return Files.move(Path.of(initrd + ".new"), initrd);
  }

  /** Until all packages are installed, which is as soon as it is made. */
  private void makeEarly(Path standIn) throws Exception {
    String script = directory.resolve("initramfs.sh").toString();
    String early =
        """
        sh "$1" early "$2" "$3" & early=$!
        for wait in $(seq 600); do
          if [ -e "$3"/run/regild/initramfs-early/6.1.0-1-amd64 ]; then break; fi
          if ! kill -0 "$early" 2>/dev/null; then break; fi
          sleep 0.05
        done
        touch "$3/run/regild/installed"
        wait
        """;
    said(0, List.of("sh", "-c", early, "sh", script, standIn + ".regild", root.toString()));
  }

  @Test
  void packagesThatComeUncompressedReplaceTheOthersOnceDpkgRuns() throws Exception {
    Path workspace = Files.createDirectories(root.resolve("run/regild/packages")).getParent();
    Path plain = Files.createDirectory(directory.resolve("plain"));
    write("run/regild/packages/one.deb", "packed");
    write("run/regild/packages/two.deb", "packed");
    Files.writeString(plain.resolve("one.deb"), "plain");
    String text = new String(Resources.read("beside.sh"), UTF_8);
    Path script = directory.resolve("beside.sh");
    Files.writeString(script, text.replace("=/run/regild\n", "=" + workspace + "\n"));
    String installing =
        """
        cd "$1"
        sleep 0.3
        cat packages/one.deb
        touch dpkg-runs
        for wait in $(seq 600); do
          if [ packages/one.deb -ef "$2/one.deb" ]; then break; fi
          sleep 0.05
        done
        cat packages/one.deb packages/two.deb
        """;
    List<String> command =
        List.of(
            "sh",
            script.toString(),
            "",
            plain.toString(),
            "sh",
            "-ec",
            installing,
            "sh",
            workspace.toString(),
            plain.toString());
    assertThat(said(0, command)).isEqualTo("packedplainpacked");

    List<String> failing =
        List.of("sh", script.toString(), "", plain.toString(), "sh", "-c", "exit 100");
    assertThat(said(100, failing)).isEmpty();
  }

  @Test
  void anInitramfsThatCantBeMadeFailsWithItsCause() throws Exception {
    Path standIn = mkinitramfs("echo half >\"$2\"; echo 'E: no space' >&2; exit 3");
    Path initrd = root.resolve("boot/initrd.img-1");
    said(0, standIn, "-o", initrd + ".new", "1");
    Files.move(Path.of(initrd + ".new"), initrd);
    Path script = directory.resolve("initramfs.sh");
    assertThat(
            said(3, List.of("sh", script.toString(), "make", standIn + ".regild", root.toString())))
        .contains("E: no space\nupdate-initramfs: failed for " + initrd + " with 3.");
    assertThat(Path.of(initrd + ".new")).doesNotExist();
  }

  /** The stand-in, on our root, in front of a guest's own that runs this script. */
  private Path mkinitramfs(String real) throws Exception {
    Files.createDirectories(root.resolve("run/regild"));
    Files.createDirectories(root.resolve("boot"));
    run("initramfs.sh", "before", root.toString());
    program("mkinitramfs.regild", "cd '%s'\n%s".formatted(programs, real));
    String text = new String(Resources.read("mkinitramfs"), UTF_8);
    program("mkinitramfs", text.replace("\nroot=\n", "\nroot=" + root + "\n"));
    return programs.resolve("mkinitramfs");
  }

  @Test
  void theListOfCertificatesIsMadeAgainOnlyIfItWouldBeAnother() throws Exception {
    Files.createDirectories(root.resolve("run/regild"));
    Files.createDirectories(root.resolve("usr/local/share/ca-certificates"));
    write("etc/ca-certificates.conf", "one.crt\n");
    write("usr/share/ca-certificates/one.crt", "one");
    write("etc/ssl/certs/old.pem", "old");
    program(
        "update-ca-certificates.regild",
        "cp '%s/usr/share/ca-certificates/one.crt' '%s/etc/ssl/certs/list'; echo made:\"$*\""
            .formatted(root, root));
    String text = new String(Resources.read("update-ca-certificates"), UTF_8);
    program("update-ca-certificates", text.replace("\nroot=\n", "\nroot=" + root + "\n"));
    Path standIn = programs.resolve("update-ca-certificates");

    assertThat(said(0, standIn)).isEqualTo("made:\n");
    assertThat(said(0, standIn, "--hooksdir", "")).isEqualTo("made:--hooksdir \n");
    assertThat(said(0, standIn)).doesNotContain("made:");
    write("usr/local/share/ca-certificates/own.crt", "own");
    assertThat(said(0, standIn)).isEqualTo("made:\n");

    said(0, standIn, "--hooksdir", "");
    Files.delete(root.resolve("etc/ssl/certs/list"));
    assertThat(said(0, standIn)).isEqualTo("made:\n");

    said(0, standIn, "--hooksdir", "");
    assertThat(said(0, standIn, "--fresh")).isEqualTo("made:--fresh\n");

    write("etc/ca-certificates/update.d/jks-keystore", "");
    said(0, standIn, "--hooksdir", "");
    assertThat(said(0, standIn)).isEqualTo("made:\n");
  }

  /** As with the programs: what they print, their status, and which directories there are then. */
  @Test
  void pathsInWhichNothingIsToBeResolvedAreAnsweredAsByThePrograms() throws Exception {
    write("real/a file/x.ko", "");
    Files.createSymbolicLink(root.resolve("link"), Path.of("real"));
    Files.createSymbolicLink(root.resolve("real/name"), Path.of("a file/x.ko"));
    Files.createSymbolicLink(root.resolve("real/dangling"), Path.of("gone"));
    List<String> paths =
        Stream.of(
                "/real/a file/x.ko",
                "/real",
                "/real/",
                "/real//a file",
                "/real/./a file",
                "/real/.",
                "/real/a file/..",
                "/real/../link",
                "/link",
                "/link/a file/x.ko",
                "/real/name",
                "/real/dangling",
                "/real/dangling/below",
                "/real/gone",
                "/gone/below",
                "/real/a file/x.ko/below",
                "/real/.hidden",
                "/real/..more")
            .map(path -> root + path)
            .toList();
    List<String> all = new ArrayList<>(paths);
    paths.forEach(path -> all.add("/" + path));
    all.addAll(List.of("/", "//", "///bin", "/bin", "/bin/sh", ".", "real/name", "", "-e"));
    Path functions = directory.resolve("plain-paths.sh");
    Files.write(functions, Resources.read("plain-paths.sh"));
    String script =
        """
        cd "$1"; shift
        for path; do
          for call in 'readlink -f' 'readlink' 'realpath -ms' 'realpath -s' 'realpath'; do
            said=$($call "$path" 2>/dev/null) && status=0 || status=$?
            printf '%s %s: %s %s\n' "$call" "$path" "$status" "$said"
          done
        done
        for path in 'real/a file' real/name real/new/below; do
          mkdir -p "$path" 2>/dev/null && status=0 || status=$?
          printf 'mkdir -p %s: %s\n' "$path" "$status"
        done
        find . | sort
        rm -r real/new
        """;
    List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh", root.toString()));
    command.addAll(all);
    String programs = said(0, command);
    command.set(2, ". '%s'%n%s".formatted(functions, script));
    assertThat(said(0, command)).isEqualTo(programs);
    assertThat(programs).contains("readlink -f " + root + "/link: 0 " + root + "/real\n");

    String without = "PATH=/nowhere; realpath -s \"$1\" && readlink -f \"$1\" && mkdir -p \"$1\"";
    assertThat(
            said(0, List.of("sh", "-c", ". '%s'%n%s".formatted(functions, without), "sh", "/usr")))
        .as("no program is asked")
        .isEqualTo("/usr\n/usr\n");
  }

  @Test
  void anImageOnAMachineIsNotInAContainer() throws Exception {
    Path standIn = programs.resolve("systemd-detect-virt");
    Files.write(standIn, Resources.read("systemd-detect-virt"));
    Path real =
        Files.writeString(
            programs.resolve("systemd-detect-virt.regild"), "#!/bin/sh\necho real \"$@\"\n");
    assertThat(standIn.toFile().setExecutable(true)).isTrue();
    assertThat(real.toFile().setExecutable(true)).isTrue();
    assertThat(said(1, standIn, "--quiet", "--container")).isEmpty();
    assertThat(said(1, standIn, "-qc")).isEmpty();
    assertThat(said(1, standIn, "-c")).isEqualTo("none\n");
    assertThat(said(0, standIn, "--vm")).isEqualTo("real --vm\n");
    assertThat(said(0, standIn)).isEqualTo("real --vm\n");
    assertThat(said(0, standIn, "-q")).isEqualTo("real --vm -q\n");
    assertThat(said(0, standIn, "-r")).isEqualTo("real -r\n");
  }

  @Test
  void standInsGiveWayToTheProgramsThatAreThereNow() throws Exception {
    HostTools.assumeInstalled("dpkg-divert");
    Files.createDirectories(root.resolve("var/lib/dpkg"));
    program("dpkg-divert", "exec /usr/bin/dpkg-divert --root='%s' \"$@\"".formatted(root));
    String standIn = new String(Resources.read("start-stop-daemon"), UTF_8);
    for (String path : List.of("sbin/kept", "sbin/moved", "sbin/removed", "sbin/undone")) {
      write(path, "before");
      divert("--add", path);
      write(path, standIn);
    }
    write("sbin/kept.regild", "new"); // dpkg went by the diversion
    write("sbin/moved", "new"); // dpkg knows it by another name
    Files.delete(root.resolve("sbin/removed.regild"));
    Files.move(root.resolve("sbin/undone"), root.resolve("sbin/undone.ours"));
    divert("--remove", "sbin/undone");
    Files.move(root.resolve("sbin/undone"), root.resolve("sbin/undone.regild"));
    Files.move(root.resolve("sbin/undone.ours"), root.resolve("sbin/undone"));
    write("sbin/came", "new");
    Files.createDirectories(root.resolve("usr/sbin"));
    write("usr/sbin/policy-rc.d", "ours");
    write("usr/sbin/policy-rc.d.regild", "own");
    run("stand-ins.sh", "remove", root.toString(), "/sbin/kept", "/sbin/undone");
    assertThat(root.resolve("usr/sbin").toFile().list()).containsExactly("policy-rc.d");
    assertThat(root.resolve("usr/sbin/policy-rc.d")).hasContent("own");
    assertThat(root.resolve("sbin/kept")).hasContent("new");
    assertThat(root.resolve("sbin/moved")).hasContent("new");
    assertThat(root.resolve("sbin/undone")).hasContent("before");
    assertThat(root.resolve("sbin/came")).hasContent("new");
    assertThat(root.resolve("sbin").toFile().list())
        .containsExactlyInAnyOrder("kept", "moved", "undone", "came");
    assertThat(said(0, programs.resolve("dpkg-divert"), "--list")).isEmpty();
  }

  @Test
  void standInsAreForProgramsThatThereAreAndGoWithoutATrace() throws Exception {
    HostTools.assumeInstalled("dpkg-divert");
    Files.createDirectories(root.resolve("var/lib/dpkg"));
    program("dpkg-divert", "exec /usr/bin/dpkg-divert --root='%s' \"$@\"".formatted(root));
    program("dpkg-query", "printf '%s\\n' /. /usr/sbin/start-stop-daemon /usr/share/doc");
    for (String name : List.of("policy-rc.d", "start-stop-daemon", "systemd-detect-virt")) {
      Files.write(directory.resolve(name), Resources.read(name));
    }
    Files.writeString(directory.resolve("more"), "# Stands in while a guest's disk is serviced");
    write("usr/sbin/policy-rc.d", "own policy");
    write("usr/sbin/start-stop-daemon", "own daemon");
    write("bin/systemd-detect-virt", "own detect");
    write("opt/more", "own more");
    List<String> before = tree();

    Path script = directory.resolve("stand-ins.sh");
    Files.write(script, Resources.read("stand-ins.sh"));
    List<String> put =
        List.of("sh", script.toString(), "put", root.toString(), "/opt/more", "/opt/none");
    String diverted = said(0, put);
    assertThat(diverted)
        .isEqualTo("/usr/sbin/start-stop-daemon\n/bin/systemd-detect-virt\n/opt/more\n");
    for (String path : diverted.lines().toList()) {
      assertThat(Files.readString(root.resolve(path.substring(1))))
          .contains("Stands in while a guest's disk is serviced");
      assertThat(root.resolve(path.substring(1))).isExecutable();
    }
    assertThat(said(101, root.resolve("usr/sbin/policy-rc.d"))).isEmpty();

    List<String> remove = new ArrayList<>(List.of("remove", root.toString()));
    remove.addAll(diverted.lines().toList());
    run("stand-ins.sh", remove.toArray(String[]::new));
    assertThat(tree())
        .filteredOn(path -> !path.contains("var/lib/dpkg/"))
        .hasSameElementsAs(before);
    assertThat(root.resolve("usr/sbin/policy-rc.d")).hasContent("own policy");
    assertThat(root.resolve("usr/sbin/start-stop-daemon")).hasContent("own daemon");
    assertThat(root.resolve("bin/systemd-detect-virt")).hasContent("own detect");
    assertThat(root.resolve("opt/more")).hasContent("own more");
  }

  /** As Python 2 and the locale C have it, where only ASCII can be written as text. */
  @Test
  void whatYumSaysInAnyLanguageReachesTheHost() throws Exception {
    for (String name : List.of("rpm_snapshot.py", "yum-upgrade.py")) {
      Files.write(directory.resolve(name), Resources.read(name));
    }
    Path script =
        Files.writeString(
            directory.resolve("test.py"),
            """
            # -*- coding: utf-8 -*-
            import sys
            sys.path.insert(0, sys.argv[1])
            definitions = open(sys.argv[1] + '/yum-upgrade.py', 'rb').read().rsplit(b'\\n{', 1)[0]
            exec(definitions.decode('utf-8'))
            def asked(*options):
                raise Failed(u'f\\xfcr \\u65e5\\n  alles')
            def lenient(*options):
                return u'' if options else asked_strictly()
            asked_strictly, asked = asked, lenient
            rpm_snapshot.say('problem', possible()[1], 'x', 1)
            asked = asked_strictly
            possible()
            """);
    for (String python : List.of("python3", "python2")) {
      if (runs(python, "-c", "")) {
        assertThat(said(1, List.of(python, script.toString(), directory.toString())))
            .as(python)
            .isEqualTo("problem\tf\u00fcr \u65e5 alles\tx\t1\nyum: f\u00fcr \u65e5\n  alles\n");
      }
    }
  }

  private static boolean runs(String... command) throws Exception {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void divert(String what, String path) throws Exception {
    said(
        0,
        programs.resolve("dpkg-divert"),
        List.of(
                "--quiet",
                "--local",
                "--rename",
                "--divert",
                "/" + path + ".regild",
                what,
                "/" + path)
            .toArray(String[]::new));
  }

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private List<String> tree() throws IOException {
    try (var files = Files.walk(root)) {
      return files.map(Path::toString).toList();
    }
  }

  private void run(String script, String... arguments) throws Exception {
    Path file = directory.resolve(script);
    Files.write(file, Resources.read(script));
    List<String> command = new ArrayList<>(List.of("sh", file.toString()));
    command.addAll(List.of(arguments));
    said(0, command);
  }

  private String said(int status, Path program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return said(status, command);
  }

  private String said(int status, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", programs + ":" + System.getenv("PATH"));
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("PYTHONIOENCODING", "ascii");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isEqualTo(status);
    return output;
  }
}
