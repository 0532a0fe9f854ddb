package dev.regild.server;

import dev.regild.machine.Accelerator;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.ProgramException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The accelerator of this host, proved when it is first needed. */
final class ProvenAccelerator implements Supplier<Accelerator> {
  private static final Logger LOG = LoggerFactory.getLogger(ProvenAccelerator.class);

  private final AcceleratorProbe probe;

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
}
