package dev.regild.console;

import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImagesPage;
import dev.regild.console.view.JobsPage;
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
import gg.jte.generated.precompiled.JtejobsGenerated;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** {@code /console/jobs}: what runs for the account. */
final class JobPages implements Console.Pages {
  private static final int ROWS = 50;

  private final ConsoleServices services;

  JobPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes.show("/console/jobs", "ConsoleListJobs", this::show);
  }

  private void show(Visit visit) {
    Owner owner = visit.caller().owner();
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

  private static JobsPage.Row row(Handle handle, Image image) {
    Optional<JobStep> step = lastStep(handle, image.id());
    return new JobsPage.Row(
        image.name(),
        Words.image(image.name(), ""),
        ImagesPage.State.of(image.state()),
        step.map(JobStep::name).orElse("waits for a worker"),
        step.map(each -> (int) Math.round(each.progress() * 100)).orElse(0),
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
