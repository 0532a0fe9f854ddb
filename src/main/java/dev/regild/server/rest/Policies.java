package dev.regild.server.rest;

import dev.regild.policy.file.PolicyFiles;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.schedule.Scheduler;
import dev.regild.policy.schedule.Schedules;

/**
 * What the endpoints about policies work with.
 *
 * @param schedules the schedules of the registry
 * @param scheduler acts by them
 * @param notices who is told of events
 * @param files policies as files
 */
public record Policies(
    Schedules schedules, Scheduler scheduler, Notices notices, PolicyFiles files) {}
