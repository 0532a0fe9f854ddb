package dev.regild.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether KVM works here, by booting something under it: on some hosts {@code /dev/kvm}
 * opens but a machine hangs, or stops at its first instruction. The verdict is kept in a file until
 * the kernel, QEMU or the state of {@code /dev/kvm} changes.
 */
public final class AcceleratorProbe {
  private static final Logger LOG = LoggerFactory.getLogger(AcceleratorProbe.class);
  private static final Path KVM = Path.of("/dev/kvm");
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Emulation has no reason to hang; a busy host may take its time. */
  private static final Duration SANDBOX_LIMIT = Duration.ofSeconds(30);

  private final Path cacheFile;

  /**
   * What machines shall run under.
   *
   * @param accelerator KVM where it works, else TCG
   * @param reason for people: how it was proved, or what is in the way and what to do about it; one
   *     line, whatever is given
   */
  public record Verdict(Accelerator accelerator, String reason) {
    public Verdict {
      reason = reason.replaceAll("\\R", " ");
    }
  }

  public AcceleratorProbe(Path cacheFile) {
    this.cacheFile = cacheFile;
  }

  /** The verdict, from the file if it still holds; else it takes up to 5 seconds. */
  public Verdict verdict() throws ProgramException, InterruptedException {
    String circumstances = circumstances();
    Optional<Verdict> remembered = remembered(circumstances);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    Verdict verdict = probe();
    remember(circumstances, verdict);
    LOG.info("accelerator={} reason=\"{}\"", verdict.accelerator(), verdict.reason());
    return verdict;
  }

  private static Verdict probe() throws InterruptedException {
    if (!Files.exists(KVM)) {
      return emulation("/dev/kvm does not exist");
    }
    if (!Files.isReadable(KVM) || !Files.isWritable(KVM)) {
      return emulation(
          "/dev/kvm: permission denied: add the user %s to the group kvm"
              .formatted(System.getProperty("user.name")));
    }
    return boot(Accelerator.KVM, LIMIT)
        .map(AcceleratorProbe::emulation)
        .orElseGet(
            () -> new Verdict(Accelerator.KVM, "a machine booted under KVM and powered off"));
  }

  /**
   * Boots a small machine without KVM in QEMU's sandbox, as every machine is started.
   *
   * @return what is wrong, empty if it booted
   */
  public static Optional<String> sandboxTrouble() throws InterruptedException {
    return boot(Accelerator.TCG, SANDBOX_LIMIT);
  }

  /**
   * Boots our boot sector.
   *
   * @return what went wrong, empty if it did all that it should
   */
  static Optional<String> boot(Accelerator accelerator, Duration limit)
      throws InterruptedException {
    try {
      Path disk = Files.createTempFile("regild-boot-probe-", ".raw");
      try {
        BootProbe.write(disk);
        return boot(accelerator, limit, disk);
      } finally {
        Files.deleteIfExists(disk);
      }
    } catch (IOException e) {
      return Optional.of("cannot write the boot sector: " + e.getMessage());
    }
  }

  private static Optional<String> boot(Accelerator accelerator, Duration limit, Path disk)
      throws InterruptedException {
    String name = accelerator.name();
    try {
      var _ = Program.of(command(accelerator, disk)).within(limit).run();
      return Optional.of("a machine under %s exited before it could boot".formatted(name));
    } catch (ProgramException e) {
      if (e.exitStatus() == BootProbe.EXIT_STATUS) {
        return Optional.empty();
      }
      return Optional.of(
          e.exitStatus() == ProgramException.NONE
              ? "a machine under %s did not finish its first instructions within %d s (%s)"
                  .formatted(name, limit.toSeconds(), e.getMessage())
              : "a machine under %s does not start: %s".formatted(name, e.getMessage()));
    }
  }

  private static List<String> command(Accelerator accelerator, Path disk) {
    return List.of(
        QemuCommand.QEMU,
        "-nodefaults",
        "-no-user-config",
        "-sandbox",
        QemuCommand.SANDBOX,
        "-display",
        "none",
        "-machine",
        "pc",
        "-accel",
        accelerator.qemuName(),
        // As that of every other machine: some hosts' KVM can't pass their own processor on.
        "-cpu",
        QemuCommand.processor(accelerator, ""),
        "-m",
        "32",
        "-nic",
        "none",
        "-serial",
        "null",
        "-device",
        "isa-debug-exit,iobase=%#x,iosize=1".formatted(BootProbe.EXIT_PORT),
        "-drive",
        "if=ide,format=raw,file=" + QemuCommand.escaped(disk));
  }

  private static Verdict emulation(String reason) {
    return new Verdict(Accelerator.TCG, reason);
  }

  /** All that the verdict depends on, in one line. */
  private static String circumstances() throws ProgramException, InterruptedException {
    String qemu = Program.of(QemuCommand.QEMU, "--version").run().lines().findFirst().orElse("");
    return "kernel=%s processor=%s qemu=%s kvm=%s/%s"
        .formatted(
            System.getProperty("os.version"),
            processor(),
            qemu,
            Files.exists(KVM),
            Files.isReadable(KVM) && Files.isWritable(KVM));
  }

  /** Its model: a virtual host may come to run on another one. */
  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines.filter(line -> line.startsWith("model name")).findFirst().orElse("");
    } catch (IOException | UncheckedIOException notToBeHad) {
      return "";
    }
  }

  private Optional<Verdict> remembered(String circumstances) {
    try {
      List<String> lines = Files.readAllLines(cacheFile);
      return lines.size() == 3 && lines.get(0).equals(circumstances)
          ? Optional.of(new Verdict(Accelerator.valueOf(lines.get(1)), lines.get(2)))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException noneYet) {
      return Optional.empty();
    }
  }

  private void remember(String circumstances, Verdict verdict) {
    List<String> lines = List.of(circumstances, verdict.accelerator().name(), verdict.reason());
    try {
      Path directory = Files.createDirectories(cacheFile.toAbsolutePath().getParent());
      // Of a random name: never a file that somebody has put there.
      Path fresh = Files.createTempFile(directory, "." + cacheFile.getFileName(), ".new");
      try {
        Files.write(fresh, lines);
        Files.move(fresh, cacheFile, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      LOG.warn("cannot store the accelerator's verdict in {}: {}", cacheFile, e.getMessage());
    }
  }
}
