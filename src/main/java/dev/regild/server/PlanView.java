package dev.regild.server;

import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import java.util.List;

/**
 * An update plan as our endpoints show it.
 *
 * @param image the image that it is about
 * @param upToDate whether there is nothing to change
 * @param securityOnly whether its channel offers only what mends security
 * @param changes by kind, then name, then architecture
 */
record PlanView(String image, boolean upToDate, boolean securityOnly, List<Change> changes) {
  static PlanView of(String image, UpdatePlan plan) {
    return new PlanView(image, plan.isEmpty(), plan.securityOnly(), plan.changes());
  }
}
