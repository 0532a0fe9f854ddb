package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.QemuImg;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.GoldenDisk;
import dev.regild.fixtures.HostTools;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Transaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * A kernel is configured on a Debian disk, which asks for its initramfs, and a trigger asks for it
 * again; so do ca-certificates and its trigger for the list of certificates. As apt is run for an
 * update, each is made once; by the guest's dpkg alone, twice.
 */
@EnabledIf("canRun")
class InitramfsIT {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** The kernel and ca-certificates are as when they have just been unpacked. */
  private static final String UNPACKED =
      """
      for package in 'linux-image-[0-9]' 'ca-certificates$'; do
        sed -i "/^Package: $package/,/^$/s/^Status: .*/Status: install ok unpacked/" \
          /var/lib/dpkg/status
      done
      rm /boot/initrd.img-* /etc/ssl/certs/ca-certificates.crt
      dpkg-trigger --no-await --by-package=dpkg update-initramfs
      """;

  /** Of each file what it is and what it holds; of an initramfs, what it unpacks to. */
  private static final String TREE =
      """
      mkdir /var/tmp/initrd && unmkinitramfs /boot/initrd.img-* /var/tmp/initrd
      list() {
        cd "$1"
        ours="-path ./run -o -path ./tmp -o -path ./var/tmp -o -path ./var/log -o -path ./var/cache"
        find . -xdev \\( $ours \\) -prune -o -printf '%p %y %m %U %G %l\\n'
        find . -xdev \\( $ours -o -path './boot/initrd.img-*' \\) -prune -o -type f \
          ! -path './var/lib/dpkg/*-old' -exec sha256sum {} +
      }
      (list /)
      (list /var/tmp/initrd) | sed 's/^/initrd: /'
      """;

  @TempDir Path directory;
  private final AtomicInteger overlays = new AtomicInteger();

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled("bwrap", "qemu-storage-daemon", "mke2fs", "python3");
  }

  @Test
  void whatIsMadeOnceIsWhatIsMadeEachTime() throws Exception {
    Set<String> made;
    try (Guest guest = open()) {
      shell(guest, UNPACKED);
      Apt apt = apt(guest);
      apt.resolve(Files.createDirectories(noPackages()));
      var certificates = new Transaction.Install("ca-certificates", "1", "2");
      apt.apply(
          new Transaction(List.of(), List.of(certificates), List.of()), noPackages(), _ -> {});
      assertThat(shell(guest, "wc -l </run/regild/initramfs-asked").strip()).isEqualTo("2");
      assertThat(shell(guest, "ls /run/regild/certificates-made")).isNotEmpty();
      assertThat(shell(guest, "cmp /run/regild/initramfs-early/*-amd64 /boot/initrd.img-*"))
          .as("the initramfs that was made beside apt")
          .isEmpty();
      apt.verify();
      apt.seal();
      made = tree(guest);
    }
    try (Guest guest = open()) {
      shell(guest, UNPACKED);
      guest.install(List.of("dpkg", "--configure", "--pending"), LIMIT, _ -> {});
      Set<String> differences = tree(guest);
      made.forEach(line -> {
        if (!differences.remove(line)) {
          differences.add("made once: " + line);
        }
      });
      assertThat(differences).isEmpty();
    }
    assertThat(made).anyMatch(line -> line.contains("./etc/ssl/certs/ca-certificates.crt"));
    assertThat(made).anyMatch(line -> line.contains("./boot/initrd.img-"));
    assertThat(made).anyMatch(line -> line.matches("initrd: [0-9a-f]{64}  .*\\.ko"));
  }

  @Test
  void oneThatCantBeMadeFailsTheUpdateWithItsCause() throws Exception {
    try (Guest guest = open()) {
      shell(
          guest,
          UNPACKED
              + "printf '#!/bin/sh\\nexit 1\\n' >/etc/initramfs-tools/hooks/broken\n"
              + "chmod 755 /etc/initramfs-tools/hooks/broken\n");
      Apt apt = apt(guest);
      apt.resolve(Files.createDirectories(noPackages()));
      assertThatThrownBy(() ->
              apt.apply(new Transaction(List.of(), List.of(), List.of()), noPackages(), _ -> {}))
          .isInstanceOf(GuestException.class)
          .hasMessageContaining("E: /etc/initramfs-tools/hooks/broken failed with return 1.");
    }
  }

  private Path noPackages() throws Exception {
    Path empty = directory.resolve("empty");
    Files.createDirectories(empty);
    Files.writeString(empty.resolve("sources.list"), "");
    return empty;
  }

  private static Apt apt(Guest guest) {
    return new Apt(guest, LIMIT, new UpdatePlan(List.of()), UpdateOptions.NONE);
  }

  private static Set<String> tree(Guest guest) throws GuestException {
    return shell(guest, TREE).lines().collect(Collectors.toCollection(TreeSet::new));
  }

  private static String shell(Guest guest, String script) throws GuestException {
    return guest.run(List.of("sh", "-ec", script), LIMIT, _ -> {});
  }

  private Guest open() throws Exception {
    Path overlay = directory.resolve("overlay-" + overlays.incrementAndGet() + ".qcow2");
    QemuImg.createOverlay(Fixtures.goldenImage(), overlay);
    return GoldenDisk.open(overlay, directory.resolve("guest-" + overlays.get()));
  }
}
