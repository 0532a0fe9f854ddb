package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.Operation;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTasks;
import java.util.Optional;

/** {@code GetExportImageTask}: how one of the caller's exports stands. */
record GetExportImageTask(Database database)
    implements Operation.ReadOnly<GetExportImageTask.Request> {

  record Request(@JsonProperty("TaskId") Optional<String> taskId) {}

  record Result(@JsonProperty("ExportImageTask") WireExportImageTask exportImageTask) {}

  @Override
  public Result answer(Owner caller, Request request) {
    String id = request.taskId.orElse("without an id");
    return new Result(
        WireExportImageTask.of(database.read(handle -> ExportTasks.require(handle, caller, id))));
  }
}
