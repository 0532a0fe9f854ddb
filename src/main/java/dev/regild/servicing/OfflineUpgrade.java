package dev.regild.servicing;

import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Transaction.Install;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * What the upgrades of all package managers have in common: a snapshot's indexes and the files of
 * the transaction are handed to the guest, and the image's identity is kept.
 */
public abstract class OfflineUpgrade implements PackageManager {
  /** Of each script of ours. */
  private static final Duration SCRIPTS = Duration.ofMinutes(10);

  protected final Guest guest;

  /** The longest that the package manager may take at a time. */
  final Duration applyLimit;

  /** What is promised, and whether more than that may change. */
  protected final UpdatePlan plan;

  private final Keepsakes keepsakes;

  protected OfflineUpgrade(Guest guest, Duration applyLimit, UpdatePlan plan) {
    this.guest = guest;
    this.applyLimit = applyLimit;
    this.plan = plan;
    this.keepsakes = new Keepsakes(guest);
  }

  /**
   * Asks the package manager.
   *
   * @throws GuestException with the cause of its failure first
   */
  protected final String told(List<String> command) throws GuestException {
    try {
      return guest.run(command, applyLimit, line -> {});
    } catch (GuestException e) {
      throw FirstCause.told(e);
    }
  }

  /**
   * Has the package manager install.
   *
   * @throws GuestException with the cause of its failure first
   */
  protected final void installed(List<String> command, Consumer<String> onLine)
      throws GuestException {
    try {
      guest.install(command, applyLimit, onLine);
    } catch (GuestException e) {
      throw FirstCause.told(e);
    }
  }

  @Override
  public final Transaction resolve(Path indexes) throws GuestException {
    guest.upload(indexes, "snapshot");
    return ask();
  }

  /**
   * Requires that the guest's file systems have room for a transaction.
   *
   * @param bytes that more are needed than are there now
   * @param kernels what the names of packages that hold kernels begin with
   * @throws GuestException if one is too full; the message has both sizes
   */
  protected final void requireRoom(Transaction transaction, long bytes, String kernels)
      throws GuestException {
    List<Install> installs = transaction.installs();
    boolean kernel =
        installs.stream()
            .anyMatch(each -> each.from().isEmpty() && each.name().startsWith(kernels));
    List<String> upgraded =
        installs.stream().filter(each -> !each.from().isEmpty()).map(Install::name).toList();
    new GuestRoom(guest).require(new GuestRoom.Need(bytes, kernel, upgraded));
  }

  /** Asks the package manager; the indexes are in the workspace. */
  protected abstract Transaction ask() throws GuestException;

  @Override
  public final void apply(Transaction transaction, Path packages, DoubleConsumer progress)
      throws GuestException {
    try (HandOver _ = handOver(packages)) {
      keepsakes.save();
      script("initramfs.sh", "before");
      carryOut(transaction, progress);
    }
  }

  /** What still goes on after the guest has got what it needs. */
  @FunctionalInterface
  public interface HandOver extends AutoCloseable {
    /** Ends it. */
    @Override
    void close() throws GuestException;
  }

  /** Gives the guest the files of the transaction. */
  protected HandOver handOver(Path packages) throws GuestException {
    guest.upload(packages, "packages");
    return () -> {};
  }

  /**
   * Runs a script of ours in the guest.
   *
   * @return what it wrote to its standard output
   */
  protected final String script(String name, String... arguments) throws GuestException {
    return guest.run(scripted(name, arguments), SCRIPTS, line -> {});
  }

  /** The command that runs a script of ours, which is put into the guest. */
  protected final List<String> scripted(String name, String... arguments) throws GuestException {
    List<String> command = new ArrayList<>(List.of("sh", guest.hand(name, Resources.read(name))));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Has the package manager do it; the files are in the workspace. */
  protected abstract void carryOut(Transaction transaction, DoubleConsumer progress)
      throws GuestException;

  @Override
  public final void seal() throws GuestException {
    tidyUp();
    script("initramfs.sh", "after");
    keepsakes.restore();
    guest.trim();
  }

  /** Undoes what {@link #carryOut} did to the disk for its own needs. */
  protected abstract void tidyUp() throws GuestException;
}
