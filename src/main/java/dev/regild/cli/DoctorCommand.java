package dev.regild.cli;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.Channels;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.UefiFirmware;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.PlatformType;
import dev.regild.server.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    description =
        "Checks what this machine needs to be a server: tools, accelerator, space, channels; or tries"
            + " whether a Windows image can be serviced on it.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private static final long LEAST_FREE_BYTES = 5L << 30;

  /** A snapshot that has missed this many refreshes in a row is a problem. */
  private static final int REFRESHES_MISSED = 3;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin LocalRegistry registry = new LocalRegistry();

  @ArgGroup(exclusive = false)
  @Nullable TryWindows tryWindows;

  private final List<String> problems = new ArrayList<>();

  /** Debian's packages of them. */
  private final List<String> missingForWindows = new ArrayList<>();

  /** What a tool is needed for. */
  private enum Need {
    EVERY_IMAGE("every image"),
    APPLIANCES("appliances and qualification"),
    NAMESPACE("isolation namespace"),
    UNKNOWN_DISKS("unknown disks"),
    /** A machine that has no such images does without. */
    WINDOWS("images of Windows");

    private final String words;

    Need(String words) {
      this.words = words;
    }
  }

  /** A program, the argument that makes it tell its version, and Debian's package of it. */
  private record Tool(String name, String argument, Need need, String debianPackage) {}

  private static final List<Tool> TOOLS =
      List.of(
          new Tool("qemu-img", "--version", Need.EVERY_IMAGE, "qemu-utils"),
          new Tool("qemu-system-x86_64", "--version", Need.APPLIANCES, "qemu-system-x86"),
          new Tool("qemu-storage-daemon", "--version", Need.NAMESPACE, "qemu-system-common"),
          new Tool("bwrap", "--version", Need.NAMESPACE, "bubblewrap"),
          new Tool("unshare", "--version", Need.NAMESPACE, "util-linux"),
          new Tool("nsenter", "--version", Need.NAMESPACE, "util-linux"),
          new Tool("losetup", "--version", Need.NAMESPACE, "mount"),
          new Tool("fstrim", "--version", Need.NAMESPACE, "util-linux"),
          new Tool("prlimit", "--version", Need.UNKNOWN_DISKS, "util-linux"),
          new Tool("ntfs-3g.probe", "--help", Need.WINDOWS, "ntfs-3g"),
          new Tool("cabextract", "--version", Need.WINDOWS, "cabextract"),
          new Tool("wimlib-imagex", "--version", Need.WINDOWS, "wimtools"),
          new Tool("msiinfo", "--version", Need.WINDOWS, "msitools"),
          new Tool("xorriso", "-version", Need.WINDOWS, "xorriso"),
          new Tool("swtpm", "--version", Need.WINDOWS, "swtpm"));

  @Override
  public Integer call()
      throws IOException, ConfigException, ProgramException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (tryWindows != null) {
      return tryWindows.run(registry, out) ? 0 : 1;
    }
    Table table = new Table("WHAT", "STATE", "DETAIL");
    for (Tool tool : TOOLS) {
      tool(table, tool);
    }
    uefiFirmware(table);
    libguestfs(table);
    accelerator(table);
    boolean able = problems.isEmpty();
    freeSpace(table);
    channels(table);
    platforms(table, able);
    table.print(out);
    problems.forEach(problem -> out.println("! " + problem));
    return problems.isEmpty() ? 0 : 1;
  }

  private void problem(Table table, String what, String detail) {
    table.row(what, "PROBLEM", "see below");
    problems.add(what + ": " + detail);
  }

  private void tool(Table table, Tool tool) throws InterruptedException {
    try {
      String version = Program.of(tool.name(), tool.argument()).run();
      table.row(tool.name(), "ok", version.lines().findFirst().orElse(""));
    } catch (ProgramException e) {
      if (tool.need() == Need.WINDOWS) {
        table.row(tool.name(), "absent", "needed for " + tool.need().words);
        missingForWindows.add(tool.debianPackage());
      } else {
        problem(table, tool.name(), e.getMessage() + " (needed for " + tool.need().words + ")");
      }
    }
  }

  private void uefiFirmware(Table table) {
    Optional<UefiFirmware> installed = UefiFirmware.find();
    if (installed.isPresent()) {
      table.row("OVMF", "ok", installed.get().code().toString());
    } else {
      table.row("OVMF", "absent", "needed for " + Need.WINDOWS.words + " that boot with UEFI");
      missingForWindows.add("ovmf");
    }
  }

  private void libguestfs(Table table) {
    try {
      table.row("libguestfs", "ok", Guestfs.version());
    } catch (GuestfsException e) {
      problem(table, "libguestfs", String.valueOf(e.getMessage()));
    }
  }

  private void accelerator(Table table) throws InterruptedException {
    try {
      Path directory =
          Files.isWritable(registry.data)
              ? registry.data
              : Files.createTempDirectory("regild-doctor");
      AcceleratorProbe.Verdict verdict =
          new AcceleratorProbe(directory.resolve("accelerator")).verdict();
      table.row("accelerator", verdict.accelerator().name(), verdict.reason());
    } catch (ProgramException | IOException e) {
      problem(table, "accelerator", String.valueOf(e.getMessage()));
    }
  }

  private void freeSpace(Table table) {
    try {
      if (!Files.isDirectory(registry.data)) {
        table.row(
            "data directory", "absent", registry.data + " is made when the server first starts");
        return;
      }
      FileStore store = Files.getFileStore(registry.data);
      long free = store.getUsableSpace();
      if (free < LEAST_FREE_BYTES) {
        problem(
            table,
            "free space",
            Sizes.bytes(free) + " in " + registry.data + "; make room for at least 5 GiB");
      } else {
        table.row("free space", "ok", Sizes.bytes(free) + " in " + registry.data);
      }
    } catch (IOException e) {
      problem(table, "free space", registry.data + " can't be read: " + e.getMessage());
    }
  }

  private void channels(Table table) {
    if (!Files.isDirectory(registry.data)) {
      return;
    }
    try {
      Channels channels = new Channels(registry.data, Clock.systemUTC());
      List<ChannelStatus> all = channels.status();
      if (all.isEmpty()) {
        problem(
            table,
            "channels",
            "there is none, so nothing can be updated; add one: regild channel add debian-12 --from-host");
      }
      for (ChannelStatus status : all) {
        if (status.channel().isPresent()) {
          channel(table, status.channel(), status);
        } else {
          problem(table, "channel " + status.name(), status.error().orElse(""));
        }
      }
    } catch (IOException | ChannelException e) {
      problem(table, "channels", String.valueOf(e.getMessage()));
    }
  }

  /** Whether this host can service the images of each platform. */
  private void platforms(Table table, boolean able) {
    List<Channel> channels = readableChannels();
    for (PlatformType type : PlatformType.values()) {
      String what = "platform " + type.example();
      if (!able) {
        table.row(what, "no", "this machine lacks what is named below");
      } else if (type.system() == PackageSystem.WINDOWS && !missingForWindows.isEmpty()) {
        table.row(what, "no", "apt-get install " + String.join(" ", missingForWindows));
      } else {
        table.row(what, "ok", channelOf(type, channels));
      }
    }
  }

  private List<Channel> readableChannels() {
    try {
      return Files.isDirectory(registry.data)
          ? new Channels(registry.data, Clock.systemUTC()).list()
          : List.of();
    } catch (IOException | ChannelException e) {
      // It is among the problems already.
      return List.of();
    }
  }

  private static String channelOf(PlatformType type, List<Channel> channels) {
    return channels.stream()
        .filter(channel -> PlatformType.of(channel.platform()) == type)
        .map(channel -> "channel " + channel.name())
        .findFirst()
        .orElse("no channel; add one: regild channel add NAME --platform " + type.example());
  }

  private void channel(Table table, Optional<Channel> channel, ChannelStatus status) {
    String what = "channel " + status.name();
    Duration interval =
        channel.map(Channel::refreshInterval).orElse(Channel.DEFAULT_REFRESH_INTERVAL);
    if (status.checkedAt().isEmpty()) {
      problem(
          table,
          what,
          "it was never refreshed; "
              + status.error().orElse("run: regild channel refresh " + status.name()));
      return;
    }
    Duration age = Duration.between(status.checkedAt().get(), Instant.now());
    if (age.compareTo(interval.multipliedBy(REFRESHES_MISSED)) > 0) {
      problem(
          table,
          what,
          "last checked "
              + age.toHours()
              + " h ago; "
              + status.error().orElse("is the server running?"));
    } else {
      table.row(what, "ok", "checked " + age.toMinutes() + " min ago");
    }
  }
}
