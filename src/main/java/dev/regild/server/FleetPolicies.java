package dev.regild.server;

import dev.regild.api.Operators;
import dev.regild.channel.ChannelStore;
import dev.regild.console.Console;
import dev.regild.console.RequestGuard;
import dev.regild.console.policy.PolicyPages;
import dev.regild.console.policy.PolicyServices;
import dev.regild.db.Database;
import dev.regild.image.Inventories;
import dev.regild.image.quota.Quotas;
import dev.regild.policy.Audit;
import dev.regild.policy.file.PolicyFiles;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.retention.RetentionKind;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.revocation.Revocations;
import dev.regild.policy.ring.PromotionPreviews;
import dev.regild.policy.ring.Promotions;
import dev.regild.policy.ring.RingKind;
import dev.regild.policy.ring.Rings;
import dev.regild.policy.schedule.Schedules;
import dev.regild.server.rest.Policies;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Outlook;
import java.time.Clock;
import java.util.List;

/**
 * What decides on many images: rings, retention, revocation.
 *
 * @param rings the rings of channels
 * @param promotions move them
 * @param promotionPreviews say what that would mean
 * @param retentions delete the images of lines that are kept no longer
 * @param revocations mark images that are not to be used any more
 */
record FleetPolicies(
    Rings rings,
    Promotions promotions,
    PromotionPreviews promotionPreviews,
    Retentions retentions,
    Revocations revocations) {
  static FleetPolicies of(
      Database database,
      ChannelStore channels,
      Inventories inventories,
      UpdatePlans plans,
      PlannedFixes plannedFixes,
      Quotas quotas,
      Audit audit,
      Clock clock) {
    Promotions promotions = new Promotions(database, channels, clock);
    return new FleetPolicies(
        new Rings(database, channels, clock),
        promotions,
        new PromotionPreviews(
            database, plans, new Outlook(database, inventories, plannedFixes), promotions),
        new Retentions(database, quotas, audit, clock),
        new Revocations(database, audit, clock));
  }

  /** Returns all policies that files can hold. */
  PolicyFiles files(
      Database database, Operators operators, Schedules schedules, Notices notices, Clock clock) {
    return new PolicyFiles(
        database,
        List.of(new RingKind(rings, operators::include), schedules, new RetentionKind(), notices),
        clock);
  }

  /** The console's pages about these policies, and about the others. */
  List<Console.Pages> pages(
      RequestGuard guard,
      Database database,
      ChannelStore channels,
      Operators operators,
      Policies others,
      Clock clock) {
    return PolicyPages.of(
        new PolicyServices(
            guard,
            database,
            channels,
            operators,
            others.schedules(),
            others.scheduler(),
            others.notices(),
            rings,
            promotions,
            promotionPreviews,
            retentions,
            revocations,
            clock));
  }
}
