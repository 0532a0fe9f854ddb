package dev.regild.update.steps;

import dev.regild.disk.QemuImg;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;

/** Proves that the new layer reads as the old chain does, which may be removed after it. */
public final class CompareLayers implements Step<MergeLayers.Merged, MergeLayers.Merged> {

  @Override
  public String name() {
    return "Compare";
  }

  @Override
  public MergeLayers.Merged run(MergeLayers.Merged merged, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    QemuImg.requireSame(merged.chain(), merged.file(), control);
    return merged;
  }

  @Override
  public String outcome(MergeLayers.Merged merged) {
    return "the same disk";
  }

  @Override
  public String remedy(MergeLayers.Merged merged, String reason) {
    return "Check the layers against their checksums (docs/operations.md, Recovery).";
  }
}
