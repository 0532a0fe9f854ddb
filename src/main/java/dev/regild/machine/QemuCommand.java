package dev.regild.machine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The command line of a QEMU machine with a disk, a serial console on our pipes and a random number
 * generator, without a network; more is added to it. QEMU runs in its own seccomp sandbox and in a
 * {@link Sandbox} with its disk, the disk's base files, and the machine's own files and sockets.
 *
 * <p>The guest's writes are not kept safe from a crash of the host (cache mode {@code unsafe}): an
 * interrupted job starts over on a new overlay.
 */
final class QemuCommand {
  static final String QEMU = "qemu-system-x86_64";

  static final String SANDBOX =
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

  /** Those that Windows makes use of, as QEMU's documentation of Hyper-V advises. */
  private static final String HYPER_V =
      ",hv-relaxed,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,hv-time,hv-synic,hv-stimer,"
          + "hv-frequencies";

  /**
   * Processor features that Linux uses if present, and that make emulation slower. String
   * instructions and SMAP's switch end a block of translated code each time; each process switch
   * saves larger register states; nested virtualization and cipher instructions make udev load
   * modules, which test themselves. x86-64-v3, which some systems require, includes none of these.
   */
  private static final String SLOW_WHEN_EMULATED =
      ",erms=off,fsrm=off,smap=off,mpx=off,pku=off,svm=off,aes=off,vaes=off,pclmulqdq=off,"
          + "vpclmulqdq=off,sha-ni=off";

  /** Emulation takes up to 1 GiB for translated code; threads and the firmware take the rest. */
  private static final long MEMORY_BESIDE_THE_GUESTS = 8L << 30;

  /** Of one processor; what drives the machine has limits of its own, which are far shorter. */
  private static final Duration PROCESSOR_TIME = Duration.ofDays(2);

  /** An overlay grows to the size of its disk and a little more. */
  private static final long MAX_FILE_BYTES = (2L << 40) + (2L << 36);

  /** Of input and output, and of the processors. */
  private static final int THREADS = 512;

  private static final Path KVM = Path.of("/dev/kvm");

  private final List<String> words = new ArrayList<>(List.of(QEMU));
  private final MachineSpec spec;
  private Sandbox sandbox;

  private QemuCommand(MachineSpec spec) {
    this.spec = spec;
    this.sandbox = Sandbox.reading(spec.bases()).writing(spec.disk()).withProcesses(THREADS);
    if (spec.accelerator() == Accelerator.KVM) {
      sandbox = sandbox.withDevice(KVM);
    }
  }

  /**
   * A machine for a Linux guest, whose clock is UTC.
   *
   * @throws VirtualMachineException if its firmware is missing
   */
  static QemuCommand linux(MachineSpec spec) throws VirtualMachineException {
    return new QemuCommand(spec).base(linuxProcessor(spec.accelerator()));
  }

  /**
   * A machine for a Windows guest, which takes the clock for local time.
   *
   * @throws VirtualMachineException if its firmware is missing
   */
  static QemuCommand windows(MachineSpec spec) throws VirtualMachineException {
    return new QemuCommand(spec)
        .base(processor(spec.accelerator(), HYPER_V))
        .add("-rtc", "base=localtime,driftfix=slew");
  }

  private QemuCommand base(String processor) throws VirtualMachineException {
    add("-nodefaults", "-no-user-config", "-sandbox", SANDBOX);
    add("-machine", "q35", "-accel", spec.accelerator().qemuName());
    add("-cpu", processor);
    add("-smp", Integer.toString(spec.cpus()), "-m", Integer.toString(spec.memoryMiB()));
    add("-display", "none", "-device", "VGA", "-nic", "none");
    if (spec.hardware().uefi()) {
      UefiFirmware firmware = UefiFirmware.installed();
      Path variables = firmware.copyVariables(spec.directory());
      words.addAll(firmware.options(variables));
      sandbox = sandbox.alsoReading(firmware.code()).using(variables);
    }
    add(
        "-drive",
        "id=disk,if=none,format=qcow2,cache=unsafe,discard=unmap,file=" + escaped(spec.disk()));
    add("-device", disk(spec.hardware()) + ",drive=disk,bootindex=0");
    add("-object", "rng-random,id=random,filename=/dev/urandom");
    add("-device", "virtio-rng-pci,rng=random");
    add("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console");
    return add("-device", "virtio-serial-pci");
  }

  /** A guest that restarts ends the machine. */
  QemuCommand withoutRestarts() {
    return add("-no-reboot");
  }

  /** A virtio-serial port that writes into a file, which is there. */
  QemuCommand portToFile(String name, Path file) {
    sandbox = sandbox.using(file);
    add("-chardev", "file,id=report,path=" + escaped(file));
    return add("-device", "virtserialport,chardev=report,name=" + name);
  }

  /** A virtio-serial port that is a Unix socket on the host, one client at a time. */
  QemuCommand portToSocket(String name, Path socket) {
    useDirectoryOf(socket);
    add("-chardev", "socket,id=port,server=on,wait=off,path=" + escaped(socket));
    return add("-device", "virtserialport,chardev=port,name=" + name);
  }

  /** QEMU's own protocol on a Unix socket. */
  QemuCommand monitor(Path socket) {
    useDirectoryOf(socket);
    add("-chardev", "socket,id=monitor,server=on,wait=off,path=" + escaped(socket));
    return add("-mon", "chardev=monitor,mode=control");
  }

  /** The file that a picture of the screen is written to. */
  QemuCommand screen(Screen screen) {
    sandbox = sandbox.using(screen.file());
    return this;
  }

  /** A TPM 2.0 whose emulator listens on a Unix socket. */
  QemuCommand tpm(Optional<Path> socket) {
    socket.ifPresent(path -> {
      useDirectoryOf(path);
      add("-chardev", "socket,id=tpm-emulator,path=" + escaped(path));
      add("-tpmdev", "emulator,id=tpm,chardev=tpm-emulator", "-device", "tpm-tis,tpmdev=tpm");
    });
    return this;
  }

  /** A read-only CD in a SATA drive; firmware doesn't boot it. */
  QemuCommand cd(Path iso) {
    sandbox = sandbox.alsoReading(iso);
    add("-drive", "id=cd,if=none,format=raw,readonly=on,media=cdrom,file=" + escaped(iso));
    return add("-device", "ide-cd,drive=cd,bus=ide.1");
  }

  Program program() {
    long memory = ((long) spec.memoryMiB() << 20) + MEMORY_BESIDE_THE_GUESTS;
    return Program.of(words)
        .in(sandbox)
        .limitedTo(new Program.Limits(memory, PROCESSOR_TIME, OptionalLong.of(MAX_FILE_BYTES)));
  }

  private void useDirectoryOf(Path socket) {
    Path directory = socket.toAbsolutePath().getParent();
    if (directory != null && !sandbox.writable().contains(directory)) {
      sandbox = sandbox.using(directory);
    }
  }

  /** QEMU's word for the processor of a machine; KVM passes the host's own on, with all it can. */
  static String processor(Accelerator accelerator, String enlightenments) {
    return switch (accelerator) {
      case KVM -> "host" + enlightenments;
      // Boot loaders of our time don't expect five-level page tables, which "max" would have.
      case TCG -> "max,la57=off";
    };
  }

  /** Returns the processor for a Linux guest. */
  static String linuxProcessor(Accelerator accelerator) {
    return processor(accelerator, "") + withoutSlowFeatures(accelerator);
  }

  /** Returns what to add to a processor's model for a Linux guest; may be empty. */
  static String withoutSlowFeatures(Accelerator accelerator) {
    return switch (accelerator) {
      case KVM -> "";
      case TCG -> SLOW_WHEN_EMULATED;
    };
  }

  private static String disk(MachineSpec.Hardware hardware) {
    String device =
        switch (hardware.bus()) {
          case VIRTIO -> "virtio-blk-pci";
          case SATA -> "ide-hd,bus=ide.0";
        };
    int sector = hardware.sectorBytes();
    return sector == 512
        ? device
        : "%s,logical_block_size=%d,physical_block_size=%d".formatted(device, sector, sector);
  }

  /** A path as part of one of QEMU's option lists, where a comma is written twice. */
  static String escaped(Path path) {
    return path.toAbsolutePath().toString().replace(",", ",,");
  }

  private QemuCommand add(String... more) {
    words.addAll(List.of(more));
    return this;
  }
}
