package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;

/**
 * What the deliveries of a notice are signed with.
 *
 * @param secret empty if it sends e-mail, which is not signed
 */
public record NoticeSecretPage(String name, String to, String secret, Commands commands) {}
