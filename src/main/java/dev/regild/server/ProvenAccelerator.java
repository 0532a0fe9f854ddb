package dev.regild.server;

import dev.regild.machine.Accelerator;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.ProgramException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The accelerator of this host, proved when it is first needed. */
final class ProvenAccelerator implements Supplier<Accelerator> {
  private static final Logger LOG = LoggerFactory.getLogger(ProvenAccelerator.class);

  private final AcceleratorProbe probe;
  private final AtomicReference<@Nullable CompletableFuture<Accelerator>> proof =
      new AtomicReference<>();

  ProvenAccelerator(Path cacheFile) {
    this.probe = new AcceleratorProbe(cacheFile);
  }

  /** What works; where the proof itself fails, emulation. */
  @Override
  public Accelerator get() {
    try {
      AcceleratorProbe.Verdict verdict = probe.verdict();
      LOG.atInfo()
          .addKeyValue("accelerator", verdict.accelerator())
          .addKeyValue("reason", verdict.reason())
          .log("accelerator chosen");
      return verdict.accelerator();
    } catch (ProgramException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("cannot test the accelerator");
      return Accelerator.TCG;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Accelerator.TCG;
    }
  }

  /** What works, if that was proved already; if not, it is proved in the background. */
  Optional<Accelerator> known() {
    CompletableFuture<Accelerator> mine = new CompletableFuture<>();
    if (proof.compareAndSet(null, mine)) {
      Thread.ofVirtual().name("accelerator").start(() -> mine.complete(get()));
    }
    return Optional.ofNullable(proof.get())
        .filter(CompletableFuture::isDone)
        .map(CompletableFuture::join);
  }
}
