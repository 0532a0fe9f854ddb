package dev.regild.console;

import dev.regild.channel.PackageSystems;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.OutcomePage;
import dev.regild.console.view.Words;
import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.machine.BootEvidence;
import dev.regild.plan.PackageFamily;
import dev.regild.update.fleet.PlanOutcome;
import gg.jte.generated.precompiled.JteoutcomeGenerated;
import io.helidon.http.HeaderNames;
import java.util.List;
import java.util.Optional;

/**
 * {@code /console/images/NAME/screen} and {@code …/changes}: what an update came to, and what the
 * guest showed at the end of its boot.
 */
final class EvidencePages implements Console.Pages {
  private static final int MOST = 1_000;

  private final ConsoleServices services;

  EvidencePages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/images/{name}/screen", "ShowScreen", this::screen)
        .show("/console/images/{name}/changes", "ConsoleShowOutcome", this::outcome);
  }

  /** The headers of every answer forbid a browser to take it for anything but a picture. */
  private void screen(Visit visit) {
    String name = visit.path("name");
    byte[] png =
        services
            .images()
            .database()
            .read(handle -> {
              Image image = Images.requireOwned(handle, visit.caller().owner(), name);
              return BootRecords.find(handle, image.id())
                  .flatMap(BootEvidence::screen)
                  .orElseThrow(() ->
                      visit.notFound("The image %s has no picture of its screen.".formatted(name)));
            });
    visit.response().header(HeaderNames.CONTENT_TYPE, "image/png").send(png);
  }

  /** Two images that have disks, and the update between them. */
  private record Updated(
      UpdateRecord record, ImageDisk before, ImageDisk after, PackageFamily family) {}

  private void outcome(Visit visit) throws InterruptedException {
    String name = visit.path("name");
    Updated updated = updated(visit, visit.caller().owner(), name);
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> page(name, updated),
            page ->
                visit.show(
                    Section.IMAGES,
                    "What the update of " + name + " changed",
                    (out, frame) -> JteoutcomeGenerated.render(out, null, frame, page)));
  }

  private Updated updated(Visit visit, Owner owner, String name) {
    return services
        .images()
        .database()
        .read(handle -> {
          Image image = Images.requireOwned(handle, owner, name);
          UpdateRecord record =
              services
                  .updates()
                  .findById(handle, image.id())
                  .orElseThrow(() ->
                      visit.notFound("The image %s was not made by an update.".formatted(name)));
          Optional<ImageDisk> before =
              Images.findById(handle, record.existing().id()).flatMap(Image::disk);
          Optional<PackageFamily> family =
              image.platform().flatMap(PackageSystems.installed()::find).map(it -> it.family());
          if (before.isEmpty() || image.disk().isEmpty() || family.isEmpty()) {
            throw visit.notFound(
                "The image %s can't be compared with %s, which is gone or has no disk."
                    .formatted(name, record.existing().name()));
          }
          return new Updated(record, before.get(), image.disk().get(), family.get());
        });
  }

  private OutcomePage page(String name, Updated updated) {
    PlanOutcome outcome =
        PlanOutcome.of(
            updated.record.plan(),
            services.inventories().load(updated.before.inventory()),
            services.inventories().load(updated.after.inventory()),
            updated.family);
    return new OutcomePage(
        name,
        Words.image(name, ""),
        outcome.isEqual(),
        first(outcome.changed()),
        outcome.changed().size(),
        first(outcome.unplanned()),
        first(outcome.missing()));
  }

  private static <T> List<T> first(List<T> all) {
    return all.stream().limit(MOST).toList();
  }
}
