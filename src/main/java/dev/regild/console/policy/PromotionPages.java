package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.channel.ring.Ring;
import dev.regild.console.Console;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.policy.view.PromotionPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.policy.ring.Promotion;
import dev.regild.policy.ring.PromotionPreview;
import gg.jte.generated.precompiled.policy.JtepromotionGenerated;
import java.util.List;
import java.util.Optional;

/**
 * {@code /console/rings/CHANNEL/RING/promotion}: what a promotion would mean, and the promotion. It
 * names the images of all accounts, so only operators see it.
 */
final class PromotionPages implements Console.Pages {
  private static final String PATH = "/console/rings/{channel}/{ring}/promotion";
  private static final int MOST = 100;
  private static final int LONGEST_REASON = 1000;

  private final PolicyServices services;

  PromotionPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show(PATH, "PreviewPromotion", visit -> preview(visit, "", Optional.empty()))
        .act(PATH, "PromoteRing", this::promote);
  }

  private void preview(Visit visit, String reason, Optional<ApiException> error)
      throws InterruptedException {
    services.operators().require(visit.caller());
    String channel = visit.path("channel");
    String ring = visit.path("ring");
    String source = source(visit, channel, ring);
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> Attempt.checked(() -> services.previews().of(channel, source, ring)),
            preview -> show(visit, preview, reason, error));
  }

  /** The ring that it is promoted from. */
  private String source(Visit visit, String channel, String ring) {
    return Attempt.checked(() -> services.rings().show(channel, ring))
        .ring()
        .source()
        .orElseThrow(() ->
            visit.notFound(
                "The ring %s of the channel %s follows the repositories, so nothing is promoted to it."
                    .formatted(ring, channel)));
  }

  private void show(
      Visit visit, PromotionPreview preview, String reason, Optional<ApiException> error) {
    Promotion promotion = preview.promotion();
    String before = promotion.target().standing().map(Ring.Standing::snapshot).orElse("");
    PromotionPage page =
        new PromotionPage(
            promotion.target().channel(),
            promotion.target().name(),
            promotion.source().name(),
            before,
            promotion.snapshot(),
            promotion.made(),
            promotion.gates(),
            promotion.isAllowed(),
            before.equals(promotion.snapshot()),
            preview.images(),
            preview.outdated(),
            preview.outdatedAfter(),
            first(preview.becoming()),
            preview.becoming().size(),
            first(preview.changes()),
            preview.changes().size(),
            first(preview.cves()),
            preview.cves().size(),
            first(preview.kernelCves()),
            preview.kernelCves().size(),
            first(preview.unknown()),
            visit.caller().owner().accountId(),
            reason,
            error.map(ApiException::text).orElse(""),
            commands(visit, promotion, reason),
            services.clock().instant());
    String title = "Promote %s to %s".formatted(page.source(), page.ring());
    Visit.Template template = (out, frame) -> JtepromotionGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, title, template);
    } else {
      visit.show(Section.POLICIES, title, template);
    }
  }

  private static <T> List<T> first(List<T> all) {
    return all.stream().limit(MOST).toList();
  }

  private static Commands commands(Visit visit, Promotion promotion, String reason) {
    String promote =
        "regild ring promote %s %s %s"
            .formatted(
                Commands.quoted(promotion.target().channel()),
                Commands.quoted(promotion.source().name()),
                Commands.quoted(promotion.target().name()));
    return Attempt.commands(
        visit,
        promote + " --preview",
        promotion.isAllowed()
            ? promote
            : promote + " --override " + Attempt.word(reason, "REASON"));
  }

  private void promote(Visit visit) throws InterruptedException {
    visit.requireChanges();
    services.operators().require(visit.caller());
    String channel = visit.path("channel");
    String ring = visit.path("ring");
    String source = source(visit, channel, ring);
    String reason = visit.form().text("reason");
    services.guard().resources(visit.request(), List.of(channel, source, ring));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              Promotion made = promote(visit, channel, source, ring, reason);
              // The audit log says which snapshot it was.
              services
                  .guard()
                  .resources(
                      visit.request(),
                      List.of(channel, source, ring, "snapshot " + made.snapshot()));
            });
    if (error.isPresent()) {
      preview(visit, reason, error);
    } else {
      visit.redirect(Paths.ring(channel, ring, ""), Notices.RING_PROMOTED);
    }
  }

  /** Promotes the snapshot that the page has shown, and no other. */
  private Promotion promote(
      Visit visit, String channel, String source, String ring, String reason) {
    if (reason.length() > LONGEST_REASON) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The reason has more than %d characters. Shorten it.".formatted(LONGEST_REASON));
    }
    return services
        .promotions()
        .promote(
            channel,
            source,
            ring,
            visit.caller().signature(),
            Optional.of(reason).filter(it -> !it.isEmpty()),
            Optional.of(visit.form().text("snapshot")));
  }
}
