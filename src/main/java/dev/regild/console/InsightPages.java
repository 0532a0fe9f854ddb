package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.console.view.ComparePage;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.PackagesPage;
import dev.regild.console.view.VulnerabilitiesPage;
import dev.regild.console.view.Words;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageSearch;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.Qualification;
import dev.regild.image.RefusedException;
import dev.regild.image.Visibility;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.BillSubject;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.insight.InventoryDifference;
import dev.regild.insight.PackageDifference;
import dev.regild.insight.SourceFixes;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.Statements;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import gg.jte.generated.precompiled.JtecompareGenerated;
import gg.jte.generated.precompiled.JtepackagesGenerated;
import gg.jte.generated.precompiled.JtevulnerabilitiesGenerated;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** What is in images: packages, CVEs, documents to download, and how two images differ. */
final class InsightPages implements Console.Pages {
  private static final int ROWS = 100;
  private static final int CHOICES = 100;
  private static final int LONGEST_LINE = 1_000;

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
        .show("/console/images/{name}/statement", "ShowProvenance", this::statement)
        .show("/console/compare", "CompareImages", this::compare);
  }

  /** An image that has a disk. */
  private record Examined(
      Image image, ImageDisk disk, PackageSystem system, Optional<Layer> layer) {}

  private Examined examined(Owner owner, String name) {
    return services
        .images()
        .database()
        .read(handle -> {
          Image image = Images.require(handle, owner, name);
          ImageDisk disk =
              image
                  .disk()
                  .orElseThrow(() ->
                      new RefusedException(
                          RefusedException.Reason.INCOMPATIBLE,
                          "The image %s has no disk yet.".formatted(name)));
          PackageSystem system =
              image
                  .platform()
                  .flatMap(PackageSystems.installed()::find)
                  .orElseThrow(() ->
                      new RefusedException(
                          RefusedException.Reason.INCOMPATIBLE,
                          "The platform of the image %s is not known.".formatted(name)));
          return new Examined(image, disk, system, LayerRecords.find(handle, disk.layer()));
        });
  }

  private void packages(Visit visit) throws InterruptedException {
    Examined image = examined(visit.caller().owner(), visit.path("name"));
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

  private PackagesPage packages(Visit visit, Examined image) {
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
    Examined image = examined(visit.caller().owner(), visit.path("name"));
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

  private byte[] bill(Examined image, BillOfMaterials.Format format) {
    return new BillOfMaterials(
            new BillSubject(
                image.image().name(),
                image.image().id(),
                image.image().arn(),
                image.image().created(),
                image.layer().map(Layer::sha256),
                services.inventories().load(image.disk().inventory())),
            image.system().notes())
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

  private void compare(Visit visit) throws InterruptedException {
    Owner owner = visit.caller().owner();
    String first = visit.query("first");
    String second = visit.query("second");
    if (first.isEmpty() || second.isEmpty()) {
      showComparison(visit, uncompared(owner, first, second, ""));
      return;
    }
    try {
      services
          .guard()
          .inTurn(
              visit.caller(),
              () -> compared(owner, first, second),
              page -> showComparison(visit, page));
    } catch (RefusedException e) {
      showComparison(visit, uncompared(owner, first, second, e.explanation()));
    }
  }

  private ComparePage uncompared(Owner owner, String first, String second, String reason) {
    return new ComparePage(first, second, choices(owner), reason, List.of(), List.of(), 0, "");
  }

  private static void showComparison(Visit visit, ComparePage page) {
    visit.show(
        Section.COMPARE,
        "Compare",
        (out, frame) -> JtecompareGenerated.render(out, null, frame, page));
  }

  /** The newest images; the others are found by typing. */
  private List<String> choices(Owner owner) {
    ImageSearch newest =
        new ImageSearch(
            owner,
            new ImageSearch.Filter(
                "",
                Set.of(ImageState.AVAILABLE),
                "",
                Optional.of(Visibility.PRIVATE),
                "",
                Optional.empty()),
            new ImageSearch.Order(ImageSearch.Column.CREATED, true),
            new ImageSearch.Place.First(),
            CHOICES);
    return services.images().database().read(newest::find).hits().stream()
        .map(hit -> hit.image().name())
        .toList();
  }

  private ComparePage compared(Owner owner, String first, String second) {
    Examined one = examined(owner, first);
    Examined other = examined(owner, second);
    if (!one.system().equals(other.system())) {
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE,
          "%s uses %s and %s uses %s. Compare images of one package system."
              .formatted(first, one.system().name(), second, other.system().name()));
    }
    Inventory before = services.inventories().load(one.disk().inventory());
    Inventory after = services.inventories().load(other.disk().inventory());
    List<PackageDifference> differences =
        InventoryDifference.between(before, after, one.system().family());
    Optional<Fixes> fixes =
        services
            .images()
            .database()
            .read(handle -> fixesBetween(handle, one.image(), other.image()));
    return new ComparePage(
        first,
        second,
        choices(owner),
        "",
        List.of(side(one, before), side(other, after)),
        differences.stream().limit(LONGEST_LINE).toList(),
        differences.size(),
        fixes.map(InsightPages::inWords).orElse(""));
  }

  private static String inWords(Fixes fixes) {
    Fixes.Counts counts = fixes.counts();
    return Words.count(counts.fixed(), "CVE")
        + (counts.kernel() == 0
            ? ""
            : " and " + Words.count(counts.kernel(), "CVE") + " in the kernel");
  }

  private static ComparePage.Side side(Examined image, Inventory inventory) {
    return new ComparePage.Side(
        image.image().name(),
        inventory.os().name() + " " + inventory.os().version(),
        image.image().agentVersion().orElse("none"),
        image.image().qualification().map(Qualification::kernel).orElse("not booted"),
        inventory.packages().size(),
        image.layer().map(Layer::bytes).map(Words::size).orElse("–"));
  }

  /** What the updates from the first image to the second fixed; empty if that is not known. */
  private static Optional<Fixes> fixesBetween(Handle handle, Image first, Image second) {
    List<SourceFixes> all = new ArrayList<>();
    Image next = second;
    for (int i = 0; i < LONGEST_LINE && !next.id().equals(first.id()); i++) {
      Optional<Fixes> fixes = Changelogs.fixesOf(handle, next.id());
      Optional<Image> before =
          next.origin().predecessor().flatMap(each -> Images.findById(handle, each.id()));
      if (fixes.isEmpty() || before.isEmpty()) {
        return Optional.empty();
      }
      all.addAll(fixes.get().sources());
      next = before.get();
    }
    return next.id().equals(first.id()) ? Optional.of(new Fixes(all)) : Optional.empty();
  }
}
