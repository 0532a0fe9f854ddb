package dev.regild.plan;

/**
 * One change of an update plan.
 *
 * @param kind operating system, driver or agent
 * @param name the package's name
 * @param architecture the package's architecture
 * @param from the installed version
 * @param to the version that the channel offers
 */
public record Change(ChangeKind kind, String name, String architecture, String from, String to) {}
