package dev.regild.cli.doctor;

import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.cli.terminal.Version;
import dev.regild.disk.QemuImg;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.machine.Accelerator;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.servicing.QualificationBoot;
import dev.regild.store.StoreSettings;
import dev.regild.windows.registry.WindowsPlatforms;
import dev.regild.windows.servicing.WindowsTrial;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code doctor} does to try a Windows image on this machine, and its options. */
final class TryWindows {
  @Option(
      names = "--try-windows",
      required = true,
      description =
          "Start a Windows image on a throw-away layer, run every check that an update"
              + " would run, and write a report. Nothing is installed, and this machine is not"
              + " checked.")
  boolean asked;

  @Option(
      names = "--image",
      paramLabel = "NAME",
      required = true,
      description = "The image's name.")
  String name = "";

  @Option(
      names = "--account",
      paramLabel = "ID",
      description = "The account that owns the image. Default: the only account.")
  @Nullable String account;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description =
          "The region of the images. Default: AWS_REGION, AWS_DEFAULT_REGION, else" + " us-east-1.")
  @Nullable String region;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      defaultValue = "regild-windows-report.txt",
      description = "The file to write the report to. Default: ./regild-windows-report.txt.")
  Path report = Path.of("regild-windows-report.txt");

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "The memory of the virtual machine, such as 8GiB. Default:"
              + " REGILD_WINDOWS_MEMORY, else 4GiB.")
  @Nullable String memory;

  @Option(
      names = "--start-limit",
      paramLabel = "TIME",
      description =
          "The time limit for each start and for the shutdown, such as 90s or 1h."
              + " Default: REGILD_WINDOWS_START_LIMIT, else 45m.")
  @Nullable String startLimit;

  /**
   * An image that can be tried.
   *
   * @param layers its layer and all below it, from the top
   */
  private record Candidate(String platform, ImageDisk disk, List<Layer> layers) {}

  /**
   * Tries the image; what was made for that is gone then.
   *
   * @return whether all was as expected
   * @throws IOException if the image can't be tried; the message says why
   */
  boolean run(LocalRegistry registry, Optional<StoreSettings> store, PrintWriter out)
      throws IOException, ConfigException, ProgramException, InterruptedException {
    QualificationBoot.Machine machine = machine();
    Candidate candidate = candidate(registry);
    try (ThrowAwayDirectory directory = ThrowAwayDirectory.make("regild-try-");
        TrialLayers layers =
            TrialLayers.of(registry.data, store, candidate.layers(), directory.path());
        BorrowedLayer layer = layers.borrow(candidate.disk().layer())) {
      Path cache = registry.isOurs() ? registry.data : directory.path();
      Accelerator accelerator =
          new AcceleratorProbe(cache.resolve("accelerator")).verdict().accelerator();
      Path overlay = directory.path().resolve("throw-away.qcow2");
      QemuImg.createOverlay(layer.file(), overlay);
      try (TrialReport written =
          new TrialReport(out, report, heading(candidate, machine, accelerator))) {
        new WindowsTrial(machine, () -> accelerator)
            .run(
                overlay,
                candidate.disk().layout(),
                directory.path().resolve("trial"),
                directory,
                written::add);
        if (directory.isEnding()) {
          throw new InterruptedException("The trial was interrupted.");
        }
        return written.end();
      }
    }
  }

  private QualificationBoot.Machine machine() throws ConfigException {
    Map<String, String> flags = new HashMap<>();
    if (memory != null) {
      flags.put("windows.memory", memory);
    }
    if (startLimit != null) {
      flags.put("windows.start-limit", startLimit);
    }
    Config.Windows windows = Config.read(Optional.empty(), System.getenv(), flags).windows();
    return new QualificationBoot.Machine(
        windows.memory().mebibytes(),
        Math.min(2, Runtime.getRuntime().availableProcessors()),
        windows.startLimit());
  }

  private Candidate candidate(LocalRegistry registry) throws IOException {
    try (Opened opened = registry.open()) {
      Owner owner = new Owner(accountId(opened.accounts()), ServerConnection.regionOr(region));
      Image image = opened.database().read(handle -> Images.requireAvailable(handle, owner, name));
      String platform = image.platform().orElse("no known platform");
      if (WindowsPlatforms.ALL.stream().noneMatch(type -> type.isNamed(platform))) {
        throw new IOException(
            "The image %s is %s; --try-windows needs a Windows image.".formatted(name, platform));
      }
      ImageDisk disk =
          image.disk().orElseThrow(() -> new IOException("The image " + name + " has no disk."));
      List<Layer> layers =
          opened.database().read(handle -> LayerRecords.chain(handle, disk.layer()));
      return new Candidate(platform, disk, layers);
    }
  }

  private String accountId(Accounts accounts) throws IOException {
    if (account != null) {
      return accounts.require(account).id();
    }
    List<Account> all = accounts.list();
    if (all.size() != 1) {
      throw new IOException(
          "There are %d accounts. Name the image's account: --account ID; regild account list shows them."
              .formatted(all.size()));
    }
    return all.getFirst().id();
  }

  private List<String> heading(
      Candidate candidate, QualificationBoot.Machine machine, Accelerator accelerator)
      throws ProgramException, InterruptedException {
    String qemu =
        Program.of("qemu-system-x86_64", "--version").run().lines().findFirst().orElse("QEMU");
    return List.of(
        "Trial of the Windows image %s (%s)".formatted(name, candidate.platform()),
        "%s, %s".formatted(new Version().getVersion()[0], qemu),
        "%s, %d MiB, %d processors, %d s for each start"
            .formatted(
                accelerator, machine.memoryMiB(), machine.cpus(), machine.timeLimit().toSeconds()));
  }
}
