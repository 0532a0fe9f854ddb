package dev.regild.windows;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.SnapshotManifest;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.fetch.PackageFile;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.machine.Appliances;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.WindowsFacts;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Servicing;
import dev.regild.servicing.ServicingTask;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Download;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Watcher;
import dev.regild.windows.catalogue.WindowsCatalogue;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.registry.PendingRestart;
import dev.regild.windows.servicing.WindowsQualification;
import dev.regild.windows.servicing.WindowsServicing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Windows, which is serviced while it runs: in a machine without a network, by its own installers,
 * from a catalogue's packages on a CD. What is installed is read from the disk, before and after.
 *
 * @param servicing of a disk that runs
 * @param qualification of a disk that has been serviced
 * @param appliances in which a disk is read
 */
record WindowsPlatform(
    WindowsServicing servicing, WindowsQualification qualification, Appliances appliances)
    implements ImageServicing {
  private static final Logger LOG = LoggerFactory.getLogger(WindowsPlatform.class);

  @Override
  public Servicing open(ServicingTask task, Watcher watcher) throws IOException {
    return new Live(task, packages(task), watcher);
  }

  private static SequencedMap<WindowsPackage, List<PackageFile>> packages(ServicingTask task)
      throws IOException {
    WindowsFacts facts =
        task.inventory()
            .windows()
            .orElseThrow(() ->
                new IOException(
                    "The Windows facts of %s are missing; import it again."
                        .formatted(task.existing())));
    try {
      return WindowsCatalogue.load(task.snapshot(), SnapshotManifest.read(task.snapshot()))
          .packagesFor(task.plan(), facts, task.snapshot());
    } catch (ChannelException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public QualificationReport boot(
      Path layer, DiskLayout layout, Set<String> services, Path directory, Watcher watcher)
      throws GuestException, InterruptedException {
    return qualification.run(layer, layout, services, directory, watcher);
  }

  @Override
  public String bootLimit() {
    return "windows.start-limit";
  }

  /** A Windows that runs says its own build; the rest was read from its disk. */
  @Override
  public UpdatePlan shownByBoot(UpdatePlan plan) {
    return new UpdatePlan(
        plan.changes().stream()
            .filter(change -> change.name().equals(WindowsFacts.SYSTEM))
            .toList());
  }

  private final class Live implements Servicing {
    private final ServicingTask task;
    private final SequencedMap<WindowsPackage, List<PackageFile>> packages;
    private final Watcher watcher;

    Live(
        ServicingTask task,
        SequencedMap<WindowsPackage, List<PackageFile>> packages,
        Watcher watcher) {
      this.task = task;
      this.packages = packages;
      this.watcher = watcher;
    }

    @Override
    public String manner() {
      return "a machine of its own";
    }

    @Override
    public Inventory inventory() {
      return task.inventory();
    }

    @Override
    public String repair() {
      return "Start the update again.";
    }

    /** Never asked: the transaction is the plan. */
    @Override
    public String whyKeptBack(Change change) {
      return "its package is not in the catalogue";
    }

    @Override
    public Transaction resolve() {
      return new Transaction(
          packages.values().stream()
              .flatMap(List::stream)
              .map(file -> new Download(file.uri().toString(), file.fileName()))
              .distinct()
              .toList(),
          task.plan().changes().stream()
              .map(change -> new Install(change.name(), change.from(), change.to()))
              .toList(),
          List.of());
    }

    @Override
    public void apply(Transaction transaction, Path directory, DoubleConsumer progress)
        throws GuestException, InterruptedException {
      servicing.run(
          task.overlay(),
          task.layout(),
          List.copyOf(packages.keySet()),
          directory,
          task.directory().resolve("machine"),
          watcher,
          line ->
              LOG.atInfo()
                  .addKeyValue("image", task.image())
                  .addKeyValue("said", line)
                  .log("servicing"),
          progress);
    }

    /** The disk is read again, like the disk of an import. */
    @Override
    public Inventory verify() throws IOException, UnfitDiskException {
      Path directory = Files.createDirectories(task.directory().resolve("verify"));
      Inventory inventory =
          new DiskInspector(appliances, PackageSystems.installed().all())
              .inspect(task.overlay(), DiskFormat.QCOW2, directory, watcher::running)
              .inventory();
      List<String> pending =
          PendingRestart.blocking(
              inventory.windows().map(WindowsFacts::pendingRestarts).orElse(List.of()));
      if (!pending.isEmpty()) {
        throw new IOException(
            "Windows was shut down but still needs a restart (%s). %s"
                .formatted(String.join(", ", pending), PendingRestart.REMEDY));
      }
      return inventory;
    }

    @Override
    public void seal() {
      // Windows has shut itself down; the packages were on a CD, and nothing of ours on the disk.
    }
  }
}
