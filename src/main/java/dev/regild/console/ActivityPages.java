package dev.regild.console;

import dev.regild.account.AccessKey;
import dev.regild.console.view.ActivityPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import gg.jte.generated.precompiled.JteactivityGenerated;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

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
    Map<String, String> people = people(visit.caller().owner().accountId());
    ActivityPage page =
        new ActivityPage(
            filter.operation(),
            filter.resource(),
            filter.key(),
            filter.failed(),
            lines.stream().map(each -> line(each, people)).toList(),
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

  /** The names of people by the ids of their keys, which the audit has. */
  private Map<String, String> people(String account) {
    return services.accounts().keys(account).stream()
        .filter(key -> key.person().isPresent())
        .collect(Collectors.toMap(AccessKey::id, key -> key.person().orElseThrow().name()));
  }

  private static ActivityPage.Line line(Activity each, Map<String, String> people) {
    boolean ok = each.outcome().equals("ok");
    return new ActivityPage.Line(
        each.time(),
        who(each.key(), people),
        each.operation(),
        each.resources(),
        ok ? "good" : "bad",
        ok ? "ok" : each.outcome().replaceFirst("Exception$", ""),
        each.source(),
        each.request());
  }

  private static String who(String key, Map<String, String> people) {
    if (key.isEmpty()) {
      return "without a key";
    }
    String person = people.get(key);
    return person == null ? key : person + " (" + key + ")";
  }
}
