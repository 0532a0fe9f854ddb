package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Transaction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What apt is asked, by a fake guest that answers as apt 2.6 did when it was asked by hand. */
class AptTest {
  private final List<String> asked = new ArrayList<>();
  private final List<String> run = new ArrayList<>();
  private String startStopDaemon = "/sbin/start-stop-daemon";
  private boolean hasSystemd;
  private String grows = "";
  private String room = "";

  @Test
  void aLimitedUpgradeNamesVersionsWithinTheImagesPinsAndPutsMarksBack() throws Exception {
    UpdatePlan plan =
        new UpdatePlan(
            List.of(change("libssl", "2"), change("manual", "2"), change("pinned", "2")), true);
    Apt apt = new Apt(new FakeGuest(), Duration.ofMinutes(1), plan, UpdateOptions.NONE);
    apt.resolve(Path.of("unused"));
    apt.apply(new Transaction(List.of(), List.of(), List.of()), Path.of("unused"), _ -> {});
    assertThat(asked)
        .containsExactly(
            "--simulate full-upgrade",
            "showauto",
            "--print-uris install --only-upgrade libssl=2 manual=2",
            "--simulate install --only-upgrade libssl=2 manual=2",
            "--no-download install --only-upgrade libssl=2 manual=2",
            "auto libssl");
  }

  @Test
  void anOrdinaryUpgradeIsAFullOne() throws Exception {
    UpdatePlan plan = new UpdatePlan(List.of(change("libssl", "2")));
    new Apt(new FakeGuest(), Duration.ofMinutes(1), plan, UpdateOptions.NONE)
        .resolve(Path.of("unused"));
    assertThat(asked).containsExactly("--print-uris full-upgrade", "--simulate full-upgrade");
  }

  @Test
  void anUpgradeWithoutRoomIsRefusedBeforeAnythingIsInstalled() {
    grows = "After this operation, 1,412 MB of additional disk space will be used.\n";
    room = "place / 4096 25600 25600 0 0\n".repeat(2) + "kib 20480\n";
    UpdatePlan plan = new UpdatePlan(List.of(change("libssl", "2")));
    Apt apt = new Apt(new FakeGuest(), Duration.ofMinutes(1), plan, UpdateOptions.NONE);
    assertThatThrownBy(() -> apt.resolve(Path.of("unused")))
        .isInstanceOf(GuestException.class)
        .hasMessage("/ of the image is full: 1371 MiB needed, 100 MiB free");
    assertThat(run).contains("sh " + Guest.WORKSPACE + "/room.sh libssl manual");
  }

  @Test
  void programsThatCameWhileItWasServicedAreNotTakenForOurs() throws Exception {
    UpdatePlan plan = new UpdatePlan(List.of(change("libssl", "2")));
    Apt apt = new Apt(new FakeGuest(), Duration.ofMinutes(1), plan, UpdateOptions.NONE);
    apt.apply(new Transaction(List.of(), List.of(), List.of()), Path.of("unused"), _ -> {});
    startStopDaemon = "/usr/sbin/start-stop-daemon";
    hasSystemd = true;
    apt.tidyUp();
    String script = "sh " + Guest.WORKSPACE + "/stand-ins.sh ";
    assertThat(run).contains(script + "put  /usr/sbin/mkinitramfs");
    assertThat(run).contains(script + "remove  /sbin/start-stop-daemon");
    assertThat(run)
        .noneMatch(each -> each.contains("/usr/sbin/start") || each.contains("detect-virt"));
  }

  private static Change change(String name, String to) {
    return new Change(ChangeKind.OS, name, "amd64", "1", to);
  }

  private final class FakeGuest implements Guest {
    @Override
    public String run(List<String> command, Duration timeLimit, Consumer<String> onLine) {
      run.add(String.join(" ", command));
      if (command.contains("put")) {
        return startStopDaemon + "\n";
      }
      if (!command.getFirst().startsWith("apt-")) {
        return command.size() > 1 && command.get(1).endsWith("/room.sh") ? room : "";
      }
      List<String> words = new ArrayList<>(command.subList(1, command.size()));
      while (words.getFirst().equals("-o")) {
        words.subList(0, 2).clear();
      }
      String request = String.join(" ", words);
      asked.add(request);
      return switch (request) {
        case "--simulate full-upgrade" ->
            """
            Inst libssl [1] (3 Debian:12/stable [amd64])
            Inst manual [1] (2 Debian-Security:12/stable-security [amd64])
            """;
        case "--print-uris full-upgrade" -> grows;
        case "showauto" -> "libssl\nother\n";
        default -> "";
      };
    }

    @Override
    public String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
        throws GuestException {
      return run(command, timeLimit, onLine);
    }

    @Override
    public byte[] read(String path) {
      return new byte[0];
    }

    @Override
    public void write(String path, byte[] content, int mode) {}

    @Override
    public boolean exists(String path) {
      return hasSystemd && path.endsWith("systemd-detect-virt");
    }

    @Override
    public void upload(Path hostDirectory, String name) {}

    @Override
    public void trim() {}

    @Override
    public void abort() {}

    @Override
    public void close() {}
  }
}
