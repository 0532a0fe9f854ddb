package dev.regild.console;

import dev.regild.api.Caller;
import dev.regild.console.view.Changes;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImagePage;
import dev.regild.console.view.ImagesPage;
import dev.regild.console.view.JobSteps;
import dev.regild.console.view.Lineage;
import dev.regild.console.view.Standing;
import dev.regild.console.view.Words;
import dev.regild.disk.layers.Layer;
import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageQuery;
import dev.regild.image.ImageShares;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.StateChangeReason;
import dev.regild.image.TagRecords;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.insight.Changelogs;
import dev.regild.insight.provenance.Statements;
import dev.regild.machine.BootEvidence;
import gg.jte.generated.precompiled.JtedeletionGenerated;
import gg.jte.generated.precompiled.JteimageGenerated;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** {@code /console/images/NAME}: an image, the job that makes it, and what may be done with it. */
final class ImagePages implements Console.Pages {
  /** As many as a page shows. */
  private static final int LINEAGE = 25;

  private static final int MOST_SHARES = 500;

  private final ConsoleServices services;
  private final ApiCall.Api api;
  private final JobWatch watch;

  ImagePages(ConsoleServices services, ApiCall.Api api, JobWatch watch) {
    this.services = services;
    this.api = api;
    this.watch = watch;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/images/{name}", "ConsoleShowImage", this::show)
        .show("/console/images/{name}/events", "ConsoleWatchJob", this::events)
        .act("/console/images/{name}/cancel", "CancelImage", this::cancel)
        .show("/console/images/{name}/delete", "ConsoleShowImage", this::askToDelete)
        .act("/console/images/{name}/delete", "DeleteImage", this::delete)
        .act("/console/images/{name}/tags", "TagResource", this::tag)
        .act("/console/images/{name}/shares", "UpdateImagePermissions", this::share);
  }

  private void show(Visit visit) {
    Caller caller = visit.caller();
    ImagePage page =
        services
            .images()
            .database()
            .read(handle -> {
              Image image = require(handle, visit);
              return page(handle, caller.owner(), image, visit);
            });
    visit.show(
        Section.IMAGES,
        page.name(),
        (out, frame) -> JteimageGenerated.render(out, null, frame, page));
  }

  /** The visitor's own image, or one that it sees and the address names the owner of. */
  static Image require(Handle handle, Visit visit) {
    Owner viewer = visit.caller().owner();
    String name = visit.path("name");
    String of = visit.query("of");
    if (of.isEmpty()) {
      return Images.require(handle, viewer, name);
    }
    String arn =
        "arn:aws:appstream:%s:%s:image/%s"
            .formatted(viewer.region(), of.equals("public") ? "" : of, name);
    return Images.page(
            handle,
            new ImageQuery(viewer, List.of(), List.of(arn), Optional.empty(), Optional.empty(), 1))
        .stream()
        .findFirst()
        .orElseThrow(
            () -> visit.notFound("There is no image %s that you may see.".formatted(name)));
  }

  private ImagePage page(Handle handle, Owner viewer, Image image, Visit visit) {
    boolean own = image.owner().equals(viewer);
    Instant now = services.images().clock().instant();
    Optional<UpdateRecord> update =
        own ? services.updates().findById(handle, image.id()) : Optional.empty();
    boolean running = isRunning(image.state());
    int attempt = dev.regild.image.JobSteps.lastAttempt(handle, image.id());
    return new ImagePage(
        image.name(),
        own,
        ImagesPage.State.of(image.state()),
        image.displayName().orElse(""),
        image.description().orElse(""),
        image.stateChangeReason().map(StateChangeReason::message).orElse(""),
        Standings.of(handle, List.of(image)).getOrDefault(image.id(), Standing.NONE),
        image.state() == ImageState.AVAILABLE,
        running,
        image.state() == ImageState.AVAILABLE || image.state() == ImageState.FAILED,
        facts(handle, image, own),
        own ? TagRecords.list(handle, image.arn()) : Map.of(),
        own ? shares(handle, image) : List.of(),
        image.content().applications(),
        own && (running || attempt > 0)
            ? Optional.of(
                JobSteps.of(
                    attempt,
                    dev.regild.image.JobSteps.list(handle, image.id(), attempt),
                    running,
                    now))
            : Optional.empty(),
        update.isPresent() ? "update" : "job",
        update.map(each -> Changes.of(each.plan(), Changelogs.fixesOf(handle, image.id()))),
        update.map(each -> each.existing().name()).orElse(""),
        own ? lineage(handle, image) : new Lineage(List.of(), false),
        Images.children(handle, image).stream()
            .filter(child -> child.owner().equals(viewer))
            .map(child -> new ImagePage.Child(child.name(), Words.image(child.name(), "")))
            .toList(),
        image.qualification(),
        own
            ? BootRecords.find(handle, image.id()).map(seen -> boot(image, seen))
            : Optional.empty(),
        image.disk().isPresent(),
        own && Statements.newest(handle, image.id()).isPresent(),
        deletion(visit, image.name()),
        tagging(visit, image),
        sharing(visit, image.name()),
        new Commands("", "", "regild cancel " + Commands.quoted(image.name()) + endpoint(visit)),
        image.created(),
        now);
  }

  static boolean isRunning(ImageState state) {
    return switch (state) {
      case PENDING, IMPORTING, VALIDATING, COPYING, CREATING -> true;
      case AVAILABLE, FAILED, DELETING -> false;
    };
  }

  /** How an image was made, and on what layers, is its owner's alone to know. */
  private static Map<String, String> facts(Handle handle, Image image, boolean own) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Platform", image.platform().orElse("not known yet"));
    image.agentVersion().ifPresent(version -> facts.put("Agent", version));
    List<Layer> chain =
        image.disk().map(disk -> LayerRecords.chain(handle, disk.layer())).orElse(List.of());
    if (!chain.isEmpty()) {
      Layer top = chain.getFirst();
      if (own) {
        facts.put("Own layer", Words.size(top.bytes()));
        facts.put(
            "All layers",
            Words.size(chain.stream().mapToLong(Layer::bytes).sum())
                + " in "
                + Words.count(chain.size(), "layer"));
      }
      facts.put("Disk", Words.size(top.virtualBytes()));
      if (own) {
        facts.put("SHA-256 of the layer", top.sha256());
      }
    }
    if (own) {
      image.origin().snapshot().ifPresent(digest -> facts.put("Updated to snapshot", digest));
      ImportRecords.find(handle, image.id())
          .ifPresent(imported -> facts.put("Imported from disk", imported.diskId()));
    }
    facts.put("ARN", image.arn());
    return facts;
  }

  private static List<ImagePage.Share> shares(Handle handle, Image image) {
    return ImageShares.page(handle, image, List.of(), Optional.empty(), MOST_SHARES)
        .entrySet()
        .stream()
        .map(share ->
            new ImagePage.Share(
                share.getKey(),
                share.getValue().allowFleet(),
                share.getValue().allowImageBuilder()))
        .toList();
  }

  /** As far as the first image of another account, whose own lineage is not ours to show. */
  private Lineage lineage(Handle handle, Image image) {
    List<Lineage.Node> nodes = new ArrayList<>();
    Optional<Image> next = Optional.of(image);
    while (next.isPresent() && nodes.size() < LINEAGE) {
      Image current = next.get();
      boolean visible = current.owner().equals(image.owner());
      nodes.add(
          new Lineage.Node(
              current.name(),
              visible && !current.id().equals(image.id()) ? Words.image(current.name(), "") : "",
              Words.exact(current.created()) + changes(handle, current, visible),
              current
                  .disk()
                  .map(ImageDisk::layer)
                  .flatMap(id -> LayerRecords.find(handle, id))
                  .map(Layer::bytes)
                  .orElse(0L)));
      if (!visible) {
        break;
      }
      var before = current.origin().predecessor();
      next = before.flatMap(each -> Images.findById(handle, each.id()));
      if (next.isEmpty()) {
        before.ifPresent(gone -> nodes.add(new Lineage.Node(gone.name(), "", "deleted", 0)));
      }
    }
    return new Lineage(nodes, next.isPresent());
  }

  private String changes(Handle handle, Image image, boolean visible) {
    return visible
        ? services
            .updates()
            .findById(handle, image.id())
            .map(update -> " · " + Words.count(update.plan().changes().size(), "change"))
            .orElse("")
        : "";
  }

  private Commands deletion(Visit visit, String name) {
    return api.commands(
        visit,
        ApiCall.of("DeleteImage", Map.of("Name", name)),
        "regild delete " + Commands.quoted(name));
  }

  private static ImagePage.Boot boot(Image image, BootEvidence seen) {
    return new ImagePage.Boot(
        seen.reported(),
        Words.took(seen.took()),
        seen.console(),
        seen.screen().isPresent() ? Words.image(image.name(), "/screen") : "");
  }

  private static String endpoint(Visit visit) {
    return " --endpoint " + Commands.quoted(visit.origin());
  }

  private Commands tagging(Visit visit, Image image) {
    return api.commands(
        visit,
        ApiCall.of(
            "TagResource", ordered("ResourceArn", image.arn(), "Tags", Map.of("KEY", "VALUE"))),
        "");
  }

  private Commands sharing(Visit visit, String name) {
    Map<String, Object> request =
        new LinkedHashMap<>(ordered("Name", name, "SharedAccountId", "ACCOUNT"));
    request.put("ImagePermissions", ordered("allowFleet", true, "allowImageBuilder", true));
    return api.commands(visit, ApiCall.of("UpdateImagePermissions", request), "");
  }

  private void events(Visit visit) {
    Image image = services.images().database().read(handle -> require(handle, visit));
    if (!image.owner().equals(visit.caller().owner())) {
      throw visit.notFound("Only the owner of an image sees its job.");
    }
    watch.send(visit, image, services.guard());
  }

  private void cancel(Visit visit) {
    String name = visit.path("name");
    visit.requireChanges();
    services.guard().resources(visit.request(), List.of(name));
    if (!services.flattenings().cancel(visit.caller().owner(), name)) {
      services.images().cancellations().cancel(visit.caller().owner(), name);
    }
    visit.redirect(Words.image(name, ""), Notices.CANCELLED);
  }

  private void askToDelete(Visit visit) {
    Image image =
        services
            .images()
            .database()
            .read(handle -> Images.require(handle, visit.caller().owner(), visit.path("name")));
    Commands commands = deletion(visit, image.name());
    visit.show(
        Section.IMAGES,
        "Delete " + image.name(),
        (out, frame) ->
            JtedeletionGenerated.render(
                out,
                null,
                frame,
                List.of(image.name()),
                Words.image(image.name(), "/delete"),
                commands));
  }

  private void delete(Visit visit) {
    api.call(visit, ApiCall.of("DeleteImage", Map.of("Name", visit.path("name"))));
    visit.redirect("/console/", Notices.DELETED);
  }

  /** The form has all tags; those that it lacks are taken away. */
  private void tag(Visit visit) {
    String name = visit.path("name");
    Image image =
        services
            .images()
            .database()
            .read(handle -> Images.requireOwned(handle, visit.caller().owner(), name));
    Map<String, String> before =
        services.images().database().read(handle -> TagRecords.list(handle, image.arn()));
    Map<String, String> wanted = TagLines.read(visit.form().raw("tags"));
    List<String> gone = before.keySet().stream().filter(key -> !wanted.containsKey(key)).toList();
    visit.requireChanges();
    if (!gone.isEmpty()) {
      api.call(
          visit, ApiCall.of("UntagResource", ordered("ResourceArn", image.arn(), "TagKeys", gone)));
    }
    if (!wanted.isEmpty()) {
      api.call(
          visit, ApiCall.of("TagResource", ordered("ResourceArn", image.arn(), "Tags", wanted)));
    }
    visit.redirect(Words.image(name, ""), Notices.TAGGED);
  }

  private void share(Visit visit) {
    String name = visit.path("name");
    String account = visit.form().text("account");
    if (visit.form().checked("remove")) {
      api.call(
          visit,
          ApiCall.of("DeleteImagePermissions", ordered("Name", name, "SharedAccountId", account)));
    } else {
      Map<String, Object> request =
          new LinkedHashMap<>(ordered("Name", name, "SharedAccountId", account));
      request.put(
          "ImagePermissions",
          ordered(
              "allowFleet",
              visit.form().checked("fleets"),
              "allowImageBuilder",
              visit.form().checked("builders")));
      api.call(visit, ApiCall.of("UpdateImagePermissions", request));
    }
    visit.redirect(Words.image(name, ""), Notices.PERMITTED);
  }

  private static Map<String, Object> ordered(
      String first, Object value, String second, Object other) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put(first, value);
    members.put(second, other);
    return members;
  }
}
