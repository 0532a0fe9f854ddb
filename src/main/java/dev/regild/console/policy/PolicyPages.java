package dev.regild.console.policy;

import dev.regild.console.Console;
import java.util.List;

/** All pages about policies. */
public final class PolicyPages {
  private PolicyPages() {}

  public static List<Console.Pages> of(PolicyServices services) {
    return List.of(
        new LinePages(services),
        new AliasPages(services),
        new SchedulePages(services),
        new RingPages(services),
        new PromotionPages(services),
        new RetentionPages(services),
        new RevocationPages(services),
        new EventPages(services),
        new NoticePages(services),
        new ImagePolicyPages(services));
  }
}
