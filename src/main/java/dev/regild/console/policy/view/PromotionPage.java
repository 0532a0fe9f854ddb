package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.policy.ring.Promotion;
import dev.regild.policy.ring.PromotionPreview.Becoming;
import dev.regild.policy.ring.PromotionPreview.PackageStep;
import java.time.Instant;
import java.util.List;

/**
 * What a promotion would mean.
 *
 * @param before the digest of the ring's present snapshot; empty if it has none
 * @param snapshot the digest of the one that it would get
 * @param made when that was made
 * @param allowed whether all gates are open
 * @param same whether the ring has that snapshot already
 * @param becoming the first of the images that would be out of date
 * @param changes the first of what updates would change
 * @param cves the first of those that updates would fix
 * @param reason what was typed to promote although a gate is closed
 * @param error why a promotion was refused; empty if none was
 */
public record PromotionPage(
    String channel,
    String ring,
    String source,
    String before,
    String snapshot,
    Instant made,
    List<Promotion.Gate> gates,
    boolean allowed,
    boolean same,
    int images,
    int outdated,
    int outdatedAfter,
    List<Becoming> becoming,
    int becomingCount,
    List<PackageStep> changes,
    int changesCount,
    List<String> cves,
    int cvesCount,
    List<String> kernelCves,
    int kernelCvesCount,
    List<String> unknown,
    String account,
    String reason,
    String error,
    Commands commands,
    Instant now) {

  public String path(String below) {
    return Paths.ring(channel, ring, below);
  }
}
