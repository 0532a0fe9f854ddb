package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.disk.QemuImg;
import dev.regild.fetch.PackageFile;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.GoldenDisk;
import dev.regild.fixtures.HostTools;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Download;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is updated with packages as they are, with copies that the host has unpacked before,
 * and with copies that come while the guest prepares.
 */
@EnabledIf("canRun")
class PlainPackagesIT {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** Of each file what it is and what it holds. */
  private static final String TREE =
      """
      cd /
      ours="-path ./run -o -path ./tmp -o -path ./var/tmp -o -path ./var/log -o -path ./var/cache"
      find . -xdev \\( $ours \\) -prune -o -printf '%p %y %m %U %G %l\\n'
      find . -xdev \\( $ours \\) -prune -o -type f ! -path './var/lib/dpkg/*-old' \
        -exec sha256sum {} +
      """;

  @TempDir Path directory;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled("bwrap", "qemu-storage-daemon", "xz", "python3");
  }

  /** How the host hands packages over. */
  private enum Handed {
    PACKED,
    UNPACKED_BEFORE,
    UNPACKED_BESIDE
  }

  @Test
  void theDiskIsTheSameHoweverPackagesAreHandedOver() throws Exception {
    Snapshot snapshot = snapshot();
    Set<String> packed = updated(snapshot, Handed.PACKED);
    for (Handed other : List.of(Handed.UNPACKED_BEFORE, Handed.UNPACKED_BESIDE)) {
      Set<String> differences = updated(snapshot, other);
      packed.forEach(line -> {
        if (!differences.remove(line)) {
          differences.add("as they are: " + line);
        }
      });
      assertThat(differences).as("%s", other).isEmpty();
    }
    assertThat(packed).anyMatch(line -> line.contains("./usr/libexec/" + AgentPackage.NAME));
  }

  private Set<String> updated(Snapshot snapshot, Handed how) throws Exception {
    Path work = Files.createDirectory(directory.resolve("work-" + how));
    Path packages = Files.createDirectory(work.resolve("packages"));
    try (Guest guest = taking(open(work), how)) {
      Apt apt = new Apt(guest, LIMIT, new UpdatePlan(List.of()), UpdateOptions.NONE);
      Transaction transaction = apt.resolve(snapshot.directory());
      Download download = transaction.downloads().getFirst();
      PackageFile file = snapshot.packageFiles(Set.of(download.uri())).values().iterator().next();
      Files.createSymbolicLink(packages.resolve(download.fileName()), Path.of(file.uri()));
      apt.apply(transaction, packages, _ -> {});
      String handed = shell(guest, "readlink /run/regild/packages/" + download.fileName());
      assertThat(handed.strip())
          .startsWith(
              switch (how) {
                case PACKED -> "/run/regild-staging/packages/";
                case UNPACKED_BEFORE -> "/run/regild/plain/";
                case UNPACKED_BESIDE -> "/run/regild-staging/";
              });
      assertThat(work.resolve("plain")).doesNotExist();
      apt.verify();
      apt.seal();
      return shell(guest, TREE).lines().collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** The same guest, which says what decides how packages are handed over. */
  private static Guest taking(Guest guest, Handed how) {
    return (Guest)
        Proxy.newProxyInstance(
            Guest.class.getClassLoader(),
            new Class<?>[] {Guest.class},
            (_, method, arguments) -> {
              if (method.getName().equals("isEmulated")) {
                return how == Handed.UNPACKED_BEFORE;
              }
              if (method.getName().equals("share") && how == Handed.PACKED) {
                return Optional.empty();
              }
              try {
                return method.invoke(guest, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private Snapshot snapshot() throws Exception {
    AgentRepository agent = Fixtures.agentRepository();
    ChannelStore channels =
        new ChannelStore(Files.createDirectory(directory.resolve("data")), Clock.systemUTC());
    AptSource source =
        new AptSource(
            List.of("file://" + agent.root().toAbsolutePath()),
            List.of(AgentRepository.SUITE),
            List.of(AgentRepository.COMPONENT),
            List.of(AptSource.hostArchitecture()),
            agent.keyring().toAbsolutePath().toString());
    channels.add(
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(source),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Duration.ofDays(1)));
    channels.refresh("test");
    return channels.current("test").orElseThrow();
  }

  private static String shell(Guest guest, String script) throws GuestException {
    return guest.run(List.of("sh", "-ec", script), LIMIT, _ -> {});
  }

  private static Guest open(Path work) throws Exception {
    Path overlay = work.resolve("overlay.qcow2");
    QemuImg.createOverlay(Fixtures.smallImage(), overlay);
    return GoldenDisk.open(overlay, work.resolve("guest"));
  }
}
