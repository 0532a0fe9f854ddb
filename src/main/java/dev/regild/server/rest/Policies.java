package dev.regild.server.rest;

import dev.regild.policy.schedule.Scheduler;
import dev.regild.policy.schedule.Schedules;

/**
 * What the endpoints about policies work with.
 *
 * @param schedules the schedules of the registry
 * @param scheduler acts by them
 */
public record Policies(Schedules schedules, Scheduler scheduler) {}
