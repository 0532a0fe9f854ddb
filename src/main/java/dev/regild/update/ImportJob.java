package dev.regild.update;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageError;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import dev.regild.image.LayerRecords;
import dev.regild.image.PublishedDisk;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.image.jobs.ImportRecord;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.job.Attempt;
import dev.regild.job.CancelledJobException;
import dev.regild.job.LayerLeftovers;
import dev.regild.job.StepRecorder;
import dev.regild.job.SteppedJob;
import dev.regild.machine.ToolVersions;
import dev.regild.update.planning.AgentVersions;
import dev.regild.update.steps.CheckDisk;
import dev.regild.update.steps.ConvertDisk;
import dev.regild.update.steps.Import;
import dev.regild.update.steps.InspectDisk;
import dev.regild.update.steps.Platforms;
import dev.regild.update.steps.PublishStandalone;
import dev.regild.update.steps.QualifyDisk;
import dev.regild.update.steps.ThrowAwayBoot;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Makes an image out of a disk. What was uploaded is gone afterwards, whatever came of it; what was
 * exported stays.
 */
public final class ImportJob extends SteppedJob<Import> {
  /** The kind of this job; see {@link #jobId}. */
  public static final String KIND = "import-image";

  private final Inventories inventories;
  private final JobSteps steps;
  private final LayerLeftovers leftovers;
  private final DiskDeletions deletions;
  private final AgentVersions agentVersions;
  private final Attestations attestations;
  private final Clock clock;

  private final CheckDisk check;
  private final InspectDisk inspect;
  private final ConvertDisk convert;
  private final QualifyDisk qualify;
  private final PublishStandalone<ConvertDisk.Converted> publish;

  /**
   * @param platforms open disks of which nothing is known yet
   */
  public ImportJob(
      Tools tools,
      Inventories inventories,
      LayerStore layers,
      DiskStore disks,
      DiskCheck check,
      DiskInspector inspector,
      Platforms platforms,
      AgentVersions agentVersions,
      Attestations attestations,
      Clock clock) {
    super(JobKind.IMPORT, tools);
    this.inventories = inventories;
    this.steps = tools.steps();
    this.leftovers = new LayerLeftovers(tools.database(), layers);
    this.deletions = new DiskDeletions(tools.database(), disks);
    this.agentVersions = agentVersions;
    this.attestations = attestations;
    this.clock = clock;
    this.check = new CheckDisk(disks, check);
    this.inspect = new InspectDisk(inspector);
    this.convert = new ConvertDisk();
    this.qualify = new QualifyDisk(platforms, new ThrowAwayBoot(platforms));
    this.publish =
        new PublishStandalone<>(
            layers, converted -> converted.job().image().id(), ConvertDisk.Converted::file);
  }

  @Override
  protected void make(Import job, StepRecorder steps) throws Exception {
    CheckDisk.Checked checked = steps.run(check, job);
    InspectDisk.Inspected inspected = steps.run(inspect, checked);
    ConvertDisk.Converted converted = steps.run(convert, inspected);
    Optional<QualifyDisk.Booted> booted = Optional.empty();
    if (job.validated()) {
      steps.record(handle -> startQualification(handle, job.image().id()));
      booted = Optional.of(steps.run(qualify, converted));
    }
    Layer layer = steps.run(publish, converted);
    Optional<QualifyDisk.Booted> boot = booted;
    Map<String, String> versions = ToolVersions.read();
    steps.record(handle -> {
      succeed(handle, job.image().id(), inspected.inspection(), layer, boot);
      String askedBy =
          ImportRecords.find(handle, job.image().id()).map(ImportRecord::askedBy).orElse("");
      attestations.ofImport(handle, versions, askedBy, checked);
    });
  }

  private void startQualification(Handle handle, String imageId) {
    Images.transition(handle, requireImporting(handle, imageId), ImageState.VALIDATING);
  }

  private void succeed(
      Handle handle,
      String imageId,
      DiskInspection inspection,
      Layer layer,
      Optional<QualifyDisk.Booted> booted) {
    LayerRecords.insert(handle, layer);
    ImageDisk imageDisk =
        new ImageDisk(
            layer.id(), inventories.store(handle, inspection.inventory()), inspection.layout());
    Images.publish(
        handle,
        requireImporting(handle, imageId),
        new PublishedDisk(
            imageDisk,
            inspection.inventory().os().platform(),
            agentVersions.of(inspection.inventory()),
            booted.map(QualifyDisk.Booted::qualification)));
    booted
        .flatMap(QualifyDisk.Booted::seen)
        .ifPresent(seen -> BootRecords.put(handle, imageId, seen));
  }

  /** A job's id says which image it makes out of which disk. */
  static String jobId(String imageId, String diskId) {
    return imageId + "/" + diskId;
  }

  @Override
  protected String id(String job) {
    return job.substring(0, job.indexOf('/'));
  }

  @Override
  protected boolean isRunning(Handle handle, String imageId) {
    return findImporting(handle, imageId).isPresent();
  }

  @Override
  protected Attempt<Import> begin(Handle handle, String job) {
    Image image = requireImporting(handle, id(job));
    if (image.state() == ImageState.VALIDATING) {
      image = Images.transition(handle, image, ImageState.IMPORTING);
    }
    boolean validated =
        ImportRecords.find(handle, image.id()).map(ImportRecord::validated).orElse(false);
    return new Attempt<>(
        image.id(),
        image.name(),
        steps.beginAttempt(handle, image.id()),
        new Import(image, diskId(job), validated));
  }

  @Override
  protected void fail(Handle handle, String imageId, String message) {
    Images.fail(
        handle,
        requireImporting(handle, imageId),
        new StateChangeReason(StateChangeReason.Code.IMAGE_IMPORT_FAILURE, message),
        List.of(new ImageError("VALIDATION_ERROR", message, clock.instant())));
  }

  private Image requireImporting(Handle handle, String imageId) {
    return findImporting(handle, imageId).orElseThrow(() -> new CancelledJobException(imageId));
  }

  private Optional<Image> findImporting(Handle handle, String imageId) {
    return Images.findById(handle, imageId)
        .filter(image ->
            image.state() == ImageState.IMPORTING || image.state() == ImageState.VALIDATING);
  }

  @Override
  protected void discard(String imageId) {
    leftovers.remove(imageId);
  }

  /** The upload is removed with the last import that is made of it. */
  @Override
  protected void clear(String job) {
    deletions.endImport(id(job), diskId(job));
  }

  private static String diskId(String job) {
    return job.substring(job.indexOf('/') + 1);
  }
}
