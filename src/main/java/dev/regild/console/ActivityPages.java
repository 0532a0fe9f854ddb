package dev.regild.console;

import dev.regild.console.view.ActivityPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import gg.jte.generated.precompiled.JteactivityGenerated;
import java.util.List;

/** {@code /console/activity}: what was asked for in the account's name, and what came of it. */
final class ActivityPages implements Console.Pages {
  private static final int ROWS = 100;

  private final ConsoleServices services;

  ActivityPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes.show("/console/activity", "ConsoleListActivity", this::show);
  }

  private void show(Visit visit) throws InterruptedException {
    Activity.Filter filter =
        new Activity.Filter(
            visit.query("operation"),
            visit.query("resource"),
            visit.query("key"),
            !visit.query("failed").isEmpty(),
            visit.query("before"));
    List<Activity> lines =
        services.guard().activity(visit.caller().owner().accountId(), filter, ROWS);
    ActivityPage page =
        new ActivityPage(
            filter.operation(),
            filter.resource(),
            filter.key(),
            filter.failed(),
            lines.stream().map(ActivityPages::line).toList(),
            lines.size() < ROWS ? "" : next(filter, lines.getLast()),
            services.images().clock().instant());
    visit.show(
        Section.ACTIVITY,
        "Activity",
        (out, frame) -> JteactivityGenerated.render(out, null, frame, page));
  }

  private static String next(Activity.Filter filter, Activity last) {
    return "/console/activity?operation=%s&resource=%s&key=%s&failed=%s&before=%s"
        .formatted(
            Words.encoded(filter.operation()),
            Words.encoded(filter.resource()),
            Words.encoded(filter.key()),
            filter.failed() ? "1" : "",
            Words.encoded(last.time().toString()));
  }

  private static ActivityPage.Line line(Activity each) {
    boolean ok = each.outcome().equals("ok");
    return new ActivityPage.Line(
        each.time(),
        each.key().isEmpty() ? "without a key" : each.key(),
        each.operation(),
        each.resources(),
        ok ? "good" : "bad",
        ok ? "ok" : each.outcome().replaceFirst("Exception$", ""),
        each.source(),
        each.request());
  }
}
