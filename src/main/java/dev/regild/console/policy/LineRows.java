package dev.regild.console.policy;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingRecords;
import dev.regild.console.policy.view.LinesPage;
import dev.regild.console.policy.view.Paths;
import dev.regild.image.Owner;
import dev.regild.policy.line.Alias;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPolicy;
import dev.regild.policy.schedule.Schedule;
import dev.regild.policy.schedule.Schedules;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Lines with the policies of each.
 *
 * @param retention of all lines
 */
record LineRows(
    List<Alias> aliases, List<Schedule> schedules, List<RetentionPolicy> retention, Handle handle) {

  static LineRows of(Handle handle, Owner owner, List<RetentionPolicy> retention) {
    return new LineRows(
        Aliases.list(handle, owner), Schedules.list(handle, owner), retention, handle);
  }

  LinesPage.Row row(Lines.Summary line) {
    String name = line.line().name();
    Optional<Ring> ring = RingRecords.ofLine(handle, line.line().id());
    return new LinesPage.Row(
        name,
        line.images(),
        line.newest().orElse(""),
        aliases.stream().filter(alias -> alias.name().line().equals(name)).toList(),
        schedules.stream()
            .filter(schedule -> schedule.spec().covers(name))
            .map(Schedule::name)
            .toList(),
        ring.map(it -> it.channel() + "/" + it.name()).orElse(""),
        ring.map(it -> Paths.ring(it.channel(), it.name(), "")).orElse(""),
        retention.stream()
            .filter(policy -> policy.line().id().equals(line.line().id()))
            .map(RetentionPages::words)
            .findFirst()
            .orElse(""));
  }
}
