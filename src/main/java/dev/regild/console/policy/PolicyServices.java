package dev.regild.console.policy;

import dev.regild.api.Operators;
import dev.regild.channel.ChannelStore;
import dev.regild.console.RequestGuard;
import dev.regild.db.Database;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.revocation.Revocations;
import dev.regild.policy.ring.PromotionPreviews;
import dev.regild.policy.ring.Promotions;
import dev.regild.policy.ring.Rings;
import dev.regild.policy.schedule.Scheduler;
import dev.regild.policy.schedule.Schedules;
import java.time.Clock;

/**
 * What the pages about policies work with: what the endpoints about policies do, and nothing else.
 *
 * @param guard what the server does for every request
 * @param operators the accounts that may move rings
 */
public record PolicyServices(
    RequestGuard guard,
    Database database,
    ChannelStore channels,
    Operators operators,
    Schedules schedules,
    Scheduler scheduler,
    Notices notices,
    Rings rings,
    Promotions promotions,
    PromotionPreviews previews,
    Retentions retentions,
    Revocations revocations,
    Clock clock) {}
