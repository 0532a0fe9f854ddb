package dev.regild.server.rest;

import dev.regild.update.verdict.ImageStatus;
import dev.regild.update.verdict.Verdict;
import dev.regild.update.verdict.Verdict.Fixable;
import dev.regild.update.verdict.Verdict.Open;
import dev.regild.update.verdict.Verdict.Support;
import java.time.Instant;
import java.util.Optional;

/**
 * How an image stands, in the form of our endpoints. What is not known is absent.
 *
 * @param status CURRENT, OUTDATED or UNKNOWN; NOT_JUDGED for an image that was made just now
 * @param reason why it is UNKNOWN, and what to do
 * @param outOfDateSince when the first snapshot was made that had something for it
 * @param changes what an update would change
 * @param securityChanges how many of the changes fix security problems
 * @param support until when its release is supported
 * @param snapshot the digest of the channel's snapshot that it was compared with
 * @param judgedAt when
 */
record StatusView(
    String image,
    String platform,
    Instant created,
    String status,
    Optional<String> reason,
    Optional<Instant> outOfDateSince,
    Optional<Integer> changes,
    Optional<Integer> securityChanges,
    Optional<CvesView> cves,
    Optional<SupportView> support,
    Optional<String> snapshot,
    Optional<Instant> judgedAt) {

  /**
   * CVEs, each counted once.
   *
   * @param fixable that an update would fix, outside the kernel
   * @param fixableInKernel that an update would fix, in the kernel
   * @param unknownPackages packages of which an update may fix more
   * @param open outside the kernel, by the feeds; absent like the following without one
   * @param openInKernel in the kernel
   * @param wontFix that the vendor does not fix
   * @param exploited of all open ones, those known to be exploited
   */
  record CvesView(
      int fixable,
      int fixableInKernel,
      int unknownPackages,
      Optional<Integer> open,
      Optional<Integer> openInKernel,
      Optional<Integer> wontFix,
      Optional<Integer> exploited) {
    private static CvesView of(Fixable fixable, Optional<Open> open) {
      return new CvesView(
          fixable.cves(),
          fixable.kernelCves(),
          fixable.unknown(),
          open.map(Open::cves),
          open.map(Open::kernelCves),
          open.map(Open::wontFix),
          open.flatMap(Open::exploited));
    }
  }

  /**
   * The support of a release.
   *
   * @param ends when the usual support ends
   * @param longTermEnds when long-term support ends
   * @param ended whether both are over
   * @param unsupportedPackages source packages without, or with limited, security support
   */
  record SupportView(
      Optional<Instant> ends,
      Optional<Instant> longTermEnds,
      boolean ended,
      Optional<Integer> unsupportedPackages) {
    private static Optional<SupportView> of(Support support, Instant now) {
      if (support.equals(Support.UNKNOWN)) {
        return Optional.empty();
      }
      Optional<Instant> last = support.longTermEnds().or(support::ends);
      return Optional.of(
          new SupportView(
              support.ends(),
              support.longTermEnds(),
              last.filter(now::isAfter).isPresent(),
              support.unsupportedPackages()));
    }
  }

  static StatusView of(ImageStatus image, Instant now) {
    Optional<Verdict> verdict = image.verdict();
    Optional<Verdict> known = verdict.filter(it -> it.state() != Verdict.State.UNKNOWN);
    return new StatusView(
        image.name(),
        image.platform(),
        image.created(),
        verdict.map(it -> it.state().name()).orElse("NOT_JUDGED"),
        verdict.map(Verdict::reason).filter(reason -> !reason.isEmpty()),
        verdict.flatMap(Verdict::outdatedSince),
        known.map(it -> it.changes().all()),
        known.map(it -> it.changes().security()),
        verdict.map(it -> CvesView.of(it.fixable(), it.open())),
        verdict.flatMap(it -> SupportView.of(it.support(), now)),
        verdict.flatMap(Verdict::snapshot),
        verdict.map(Verdict::judgedAt));
  }
}
