package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.time.Instant;

/** A revocation and its images. */
public record RevocationPage(
    RevocationsPage.Row revocation,
    boolean descendants,
    RevokedImages images,
    Commands commands,
    Instant now) {

  public String path(String below) {
    return Paths.revocation(revocation.id(), below);
  }
}
