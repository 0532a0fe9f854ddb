package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.PackagesPage;
import dev.regild.console.view.VulnerabilitiesPage;
import dev.regild.console.view.Words;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.Statements;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.update.fleet.ImageContent;
import gg.jte.generated.precompiled.JtepackagesGenerated;
import gg.jte.generated.precompiled.JtevulnerabilitiesGenerated;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What is in images: packages, CVEs, documents to download. */
final class InsightPages implements Console.Pages {
  private static final int ROWS = 100;

  private final ConsoleServices services;

  InsightPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/images/{name}/packages", "ConsoleShowPackages", this::packages)
        .show(
            "/console/images/{name}/vulnerabilities", "ShowVulnerabilities", this::vulnerabilities)
        .show("/console/images/{name}/sbom", "ShowBillOfMaterials", this::bill)
        .show("/console/images/{name}/statement", "ShowProvenance", this::statement);
  }

  private ImageContent content(Owner owner, String name) {
    return ImageContent.require(services.images().database(), owner, name);
  }

  private void packages(Visit visit) throws InterruptedException {
    ImageContent image = content(visit.caller().owner(), visit.path("name"));
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> packages(visit, image),
            page ->
                visit.show(
                    Section.IMAGES,
                    "Packages of " + page.name(),
                    (out, frame) -> JtepackagesGenerated.render(out, null, frame, page)));
  }

  private PackagesPage packages(Visit visit, ImageContent image) {
    Inventory inventory = services.inventories().load(image.disk().inventory());
    String search = visit.query("q");
    String wanted = search.toLowerCase(Locale.ROOT);
    int from = from(visit.query("from"));
    List<InstalledPackage> fitting =
        inventory.packages().stream()
            .filter(each -> each.name().toLowerCase(Locale.ROOT).contains(wanted))
            .toList();
    String path =
        Words.image(image.image().name(), "/packages?q=" + Words.encoded(search) + "&from=");
    return new PackagesPage(
        image.image().name(),
        Words.image(image.image().name(), "/packages"),
        inventory.os().name() + " " + inventory.os().version(),
        search,
        fitting.stream().skip(from).limit(ROWS).toList(),
        fitting.size(),
        inventory.packages().size(),
        from + ROWS < fitting.size() ? path + (from + ROWS) : "",
        from > 0 ? path + Math.max(0, from - ROWS) : "");
  }

  private static int from(String text) {
    return text.matches("[0-9]{1,7}") ? Integer.parseInt(text) : 0;
  }

  private void vulnerabilities(Visit visit) {
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    Image image = services.images().database().read(handle -> Images.require(handle, owner, name));
    Optional<Fixes> fixed =
        services.images().database().read(handle -> Changelogs.fixesOf(handle, image.id()));
    Optional<Fixes> toFix = Optional.empty();
    String unplanned = "";
    try {
      toFix =
          services.plannedFixes().find(owner, name, services.images().updates().plan(owner, name));
    } catch (RefusedException e) {
      unplanned = e.explanation();
    }
    VulnerabilitiesPage page =
        new VulnerabilitiesPage(
            name,
            Words.image(name, ""),
            toFix.map(VulnerabilitiesPage::part),
            fixed.map(VulnerabilitiesPage::part),
            unplanned);
    visit.show(
        Section.IMAGES,
        "Vulnerabilities of " + name,
        (out, frame) -> JtevulnerabilitiesGenerated.render(out, null, frame, page));
  }

  private void bill(Visit visit) throws InterruptedException {
    BillOfMaterials.Format format =
        switch (visit.query("format")) {
          case "spdx" -> BillOfMaterials.Format.SPDX;
          case "", "cyclonedx" -> BillOfMaterials.Format.CYCLONEDX;
          default ->
              throw new ApiException(ErrorType.VALIDATION, "The format must be cyclonedx or spdx.");
        };
    ImageContent image = content(visit.caller().owner(), visit.path("name"));
    String name =
        image.image().name() + (format == BillOfMaterials.Format.SPDX ? ".spdx.json" : ".cdx.json");
    services
        .guard()
        .document(
            visit.response(),
            visit.caller(),
            new RequestGuard.Document(name, format.mediaType()),
            () -> bill(image, format));
  }

  private byte[] bill(ImageContent image, BillOfMaterials.Format format) {
    return new BillOfMaterials(image.billSubject(services.inventories()), image.system().notes())
        .json(format);
  }

  private void statement(Visit visit) {
    String name = visit.path("name");
    Statements.Kept kept =
        services
            .images()
            .database()
            .read(handle -> {
              Image image = Images.require(handle, visit.caller().owner(), name);
              return Statements.newest(handle, image.id())
                  .orElseThrow(() ->
                      visit.notFound(
                          "The image %s has no signed statement. An image that is updated now gets one."
                              .formatted(name)));
            });
    services
        .guard()
        .download(
            visit.response(),
            visit.caller(),
            new RequestGuard.Document(name + ".intoto.json", Envelope.MEDIA_TYPE),
            out -> out.write(kept.envelope()));
  }
}
