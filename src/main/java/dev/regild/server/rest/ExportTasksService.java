package dev.regild.server.rest;

import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.job.node.Nodes;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Cancellations;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Map;

/**
 * {@code GET /regild/v1/exports/TASK}: how an export stands, step by step; {@code POST
 * /regild/v1/exports/TASK/cancel}: cancels it.
 */
public record ExportTasksService(
    Requests requests, Database database, Cancellations cancellations, Nodes nodes)
    implements HttpService {

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/exports/{task}", this::show);
    rules.post("/regild/v1/exports/{task}/cancel", this::cancel);
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowExport");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String task = request.path().pathParameters().get("task");
    OwnAnswers.send(
        response,
        database.read(handle ->
            JobView.of(handle, nodes, ExportTasks.require(handle, caller.owner(), task))));
  }

  private void cancel(ServerRequest request, ServerResponse response) {
    RequestLog.operation("CancelExport");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String task = request.path().pathParameters().get("task");
    RequestLog.resources(request, List.of(task));
    cancellations.cancelExport(caller.owner(), task);
    OwnAnswers.send(response, Map.of("task", task, "state", ExportTask.State.FAILED));
  }
}
