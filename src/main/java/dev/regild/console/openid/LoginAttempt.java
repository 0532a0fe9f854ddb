package dev.regild.console.openid;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A login that a browser has begun. Only the browser keeps it, in a cookie: a stranger who begins
 * many takes no room here, and any node can finish one.
 *
 * @param seed random; state, nonce and code verifier are made from it with the server's secret
 * @param begun when
 * @param next the page to go on to
 */
public record LoginAttempt(String seed, Instant begun, String next) {
  /** How long a login may take. */
  public static final Duration GOOD_FOR = Duration.ofMinutes(10);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern COOKIE =
      Pattern.compile("([A-Za-z0-9_-]{43})\\.([0-9]{1,15})\\.([A-Za-z0-9_-]{0,2700})");

  /** Begins a login. */
  public static LoginAttempt begin(Instant now, String next) {
    byte[] seed = new byte[32];
    RANDOM.nextBytes(seed);
    return new LoginAttempt(encoded(seed), Instant.ofEpochMilli(now.toEpochMilli()), next);
  }

  /** Reads a cookie; empty if it has another form. */
  public static Optional<LoginAttempt> parse(String cookie) {
    Matcher matcher = COOKIE.matcher(cookie);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LoginAttempt(
              matcher.group(1),
              Instant.ofEpochMilli(Long.parseLong(matcher.group(2))),
              new String(Base64.getUrlDecoder().decode(matcher.group(3)), UTF_8)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** What the browser keeps. */
  public String cookie() {
    return seed + "." + begun.toEpochMilli() + "." + encoded(next.getBytes(UTF_8));
  }

  boolean isGoodAt(Instant now) {
    return !begun.isAfter(now) && begun.plus(GOOD_FOR).isAfter(now);
  }

  /** What the secrets are made from, with its time: a browser can't make an old one young. */
  String subject() {
    return seed + "." + begun.toEpochMilli();
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
