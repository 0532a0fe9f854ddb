package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.image.jobs.ExportTask;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The shape {@code ExportImageTask}; it has an {@code AmiId} when there is such a disk. */
record WireExportImageTask(
    @JsonProperty("TaskId") String taskId,
    @JsonProperty("ImageArn") String imageArn,
    @JsonProperty("AmiName") String amiName,
    @JsonProperty("CreatedDate") Instant createdDate,
    @JsonProperty("AmiDescription") Optional<String> amiDescription,
    @JsonProperty("State") String state,
    @JsonProperty("AmiId") Optional<String> amiId,
    @JsonProperty("TagSpecifications") Map<String, String> tagSpecifications,
    @JsonProperty("ErrorDetails") List<ErrorDetails> errorDetails) {

  /** The shape {@code ErrorDetails}. */
  record ErrorDetails(
      @JsonProperty("ErrorCode") String errorCode,
      @JsonProperty("ErrorMessage") String errorMessage) {}

  static WireExportImageTask of(ExportTask task) {
    return new WireExportImageTask(
        task.id(),
        task.imageArn(),
        task.amiName(),
        task.created(),
        task.amiDescription(),
        task.state().name(),
        Optional.of(task.amiId()).filter(_ -> task.state() == ExportTask.State.COMPLETED),
        task.tags(),
        task.failure().map(why -> new ErrorDetails("INTERNAL_SERVICE_ERROR", why)).stream()
            .toList());
  }
}
