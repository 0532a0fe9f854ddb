package dev.regild.update.steps;

import dev.regild.job.Step;
import dev.regild.job.StepControl;
import java.io.IOException;

/** Has the guest's own package manager, or installer, carry the transaction out. */
public final class Apply implements Step<Fetch.Fetched, Prepare.Open> {
  @Override
  public String name() {
    return "Apply";
  }

  @Override
  public Prepare.Open run(Fetch.Fetched fetched, StepControl control)
      throws IOException, InterruptedException {
    Prepare.Open open = fetched.resolved().open();
    open.servicing().apply(fetched.resolved().transaction(), fetched.directory(), control);
    return open;
  }

  @Override
  public String remedy(Fetch.Fetched fetched, String reason) {
    return Remedy.of(reason, Remedy.REPAIR);
  }
}
