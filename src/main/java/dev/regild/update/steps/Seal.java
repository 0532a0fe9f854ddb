package dev.regild.update.steps;

import dev.regild.job.Step;
import dev.regild.job.StepControl;
import java.io.IOException;

/** Takes every trace of the servicing off the disk, and closes it. */
public final class Seal implements Step<Verify.Verified, Verify.Verified> {
  @Override
  public String name() {
    return "Seal";
  }

  @Override
  public Verify.Verified run(Verify.Verified verified, StepControl control)
      throws IOException, InterruptedException {
    verified.open().servicing().seal();
    return verified;
  }

  @Override
  public String remedy(Verify.Verified verified, String reason) {
    return Remedy.of(reason, Remedy.FREE_SPACE);
  }
}
