package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.util.Optional;

/** What the deliveries of a notice are signed with. */
public record NoticeSecretPage(
    String name, String to, Optional<String> secret, Commands commands) {}
