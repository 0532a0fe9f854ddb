package dev.regild.console.policy.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The revocations of an account, the latest first. */
public record RevocationsPage(List<Row> rows, int count, Instant now) {

  /**
   * A revocation.
   *
   * @param subject the image, or the package with its versions
   * @param undone when it was undone; empty if it holds
   */
  public record Row(
      String id,
      String subject,
      String reason,
      int images,
      String by,
      Instant created,
      Optional<Instant> undone) {}
}
