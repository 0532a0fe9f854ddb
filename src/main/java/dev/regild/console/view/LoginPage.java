package dev.regild.console.view;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The form of the login.
 *
 * @param message why it is shown; empty if nobody has to be told
 * @param error what was wrong with the last try; empty for none
 * @param keyId what was typed
 * @param region what was typed, or the server's own
 * @param next where to go on
 * @param resume where the form belongs that was being sent; empty for none
 * @param fields what was typed into that form
 * @param provider the name of the provider that vouches for people; empty for none
 */
public record LoginPage(
    String message,
    String error,
    String keyId,
    String region,
    String next,
    String resume,
    Map<String, List<String>> fields,
    Optional<String> provider) {}
