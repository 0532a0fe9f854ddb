package dev.regild.console;

import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImagesPage;
import dev.regild.console.view.JobsPage;
import dev.regild.console.view.NodesPart;
import dev.regild.console.view.Words;
import dev.regild.image.Arn;
import dev.regild.image.Image;
import dev.regild.image.ImageSearch;
import dev.regild.image.ImageState;
import dev.regild.image.JobStep;
import dev.regild.image.JobSteps;
import dev.regild.image.Owner;
import dev.regild.image.Visibility;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.job.node.Ability;
import dev.regild.job.node.JobPlaces;
import dev.regild.job.node.Node;
import gg.jte.generated.precompiled.JtejobsGenerated;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** {@code /console/jobs}: what runs for the account, and for operators the nodes that run jobs. */
final class JobPages implements Console.Pages {
  private static final int ROWS = 50;

  private final ConsoleServices services;

  JobPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/jobs", "ConsoleListJobs", this::show)
        .act("/console/nodes/{name}/drain", "DrainNode", visit -> drain(visit, true))
        .act("/console/nodes/{name}/resume", "ResumeNode", visit -> drain(visit, false));
  }

  /** As the API does it. */
  private void drain(Visit visit, boolean draining) {
    visit.requireChanges();
    services.operators().require(visit.caller());
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    if (!services.images().nodes().setDraining(name, draining)) {
      throw visit.notFound("There is no node '%s'.".formatted(name));
    }
    visit.redirect("/console/jobs", draining ? Notices.DRAINED : Notices.RESUMED);
  }

  private Optional<NodesPart> nodes(Visit visit) {
    if (!services.operators().include(visit.caller())) {
      return Optional.empty();
    }
    String endpoint = " --endpoint " + Commands.quoted(visit.origin());
    return Optional.of(
        new NodesPart(
            services.images().nodes().list().stream().map(node -> row(node, endpoint)).toList()));
  }

  private static NodesPart.Row row(Node node, String endpoint) {
    List<String> abilities = Ability.of(node.abilities()).stream().map(Ability::words).toList();
    return new NodesPart.Row(
        node.name(),
        node.host(),
        node.version(),
        node.role(),
        switch (node.state()) {
          case RUNNING -> node.draining() ? "busy" : "good";
          case STOPPED -> "dim";
          case DEAD -> "bad";
        },
        switch (node.state()) {
          case RUNNING -> node.draining() ? "drained" : "running";
          case STOPPED -> "stopped";
          case DEAD -> "dead";
        },
        node.draining(),
        node.since(),
        node.heartbeat(),
        node.workers() == 0 ? "runs none" : "%d of %d".formatted(node.jobs(), node.workers()),
        abilities.isEmpty() ? "copies only" : String.join(", ", abilities),
        node.accelerator(),
        Words.size(node.freeBytes()),
        "regild nodes %s %s%s"
            .formatted(
                node.draining() ? "resume" : "drain", Commands.quoted(node.name()), endpoint));
  }

  private void show(Visit visit) {
    Owner owner = visit.caller().owner();
    Optional<NodesPart> nodes = nodes(visit);
    JobsPage page =
        services
            .images()
            .database()
            .read(handle -> {
              ImageSearch.Hits running = running(owner).find(handle);
              return new JobsPage(
                  running.hits().stream().map(hit -> row(handle, hit.image())).toList(),
                  running.more(),
                  ExportTasks.page(handle, owner, Map.of(), Optional.empty(), ROWS).stream()
                      .map(task -> export(handle, task))
                      .toList(),
                  nodes,
                  services.images().clock().instant());
            });
    visit.show(
        Section.JOBS, "Jobs", (out, frame) -> JtejobsGenerated.render(out, null, frame, page));
  }

  private static ImageSearch running(Owner owner) {
    return new ImageSearch(
        owner,
        new ImageSearch.Filter(
            "",
            Set.of(
                ImageState.PENDING,
                ImageState.IMPORTING,
                ImageState.VALIDATING,
                ImageState.COPYING,
                ImageState.CREATING),
            "",
            Optional.of(Visibility.PRIVATE),
            "",
            Optional.empty()),
        new ImageSearch.Order(ImageSearch.Column.CREATED, true),
        new ImageSearch.Place.First(),
        ROWS);
  }

  private JobsPage.Row row(Handle handle, Image image) {
    Optional<JobStep> step = lastStep(handle, image.id());
    return new JobsPage.Row(
        image.name(),
        Words.image(image.name(), ""),
        ImagesPage.State.of(image.state()),
        step.map(JobStep::name)
            .or(() -> services.images().nodes().waiting(handle, image.id()))
            .orElse("waits for a worker"),
        step.map(each -> (int) Math.round(each.progress() * 100)).orElse(0),
        JobPlaces.of(handle, image.id()).orElse(""),
        image.created());
  }

  private static Optional<JobStep> lastStep(Handle handle, String job) {
    List<JobStep> steps = JobSteps.list(handle, job, JobSteps.lastAttempt(handle, job));
    return steps.isEmpty() ? Optional.empty() : Optional.of(steps.getLast());
  }

  private static JobsPage.Export export(Handle handle, ExportTask task) {
    String image = Arn.parse(task.imageArn()).map(Arn::name).orElse(task.imageArn());
    return switch (task.state()) {
      case EXPORTING ->
          new JobsPage.Export(
              task.amiName(),
              image,
              "busy",
              "Running",
              lastStep(handle, task.id()).map(JobStep::name).orElse("waits for a worker"),
              "",
              task.created());
      case COMPLETED ->
          new JobsPage.Export(
              task.amiName(), image, "good", "Completed", "", task.amiId(), task.created());
      case FAILED ->
          new JobsPage.Export(
              task.amiName(),
              image,
              "bad",
              "Failed",
              task.failure().orElse(""),
              "",
              task.created());
    };
  }
}
