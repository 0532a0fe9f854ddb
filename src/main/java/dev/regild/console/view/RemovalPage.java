package dev.regild.console.view;

/**
 * The question before a channel is removed.
 *
 * @param platform whose images get no updates from then on; empty if the channel's file is damaged
 */
public record RemovalPage(String name, String platform, Commands command) {}
