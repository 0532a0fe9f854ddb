package dev.regild.api.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.image.jobs.ExportTasks.PageKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ListExportImageTasks}: the caller's exports, the newest first. The service model does not
 * say by what they can be filtered: it is by the members of a task, in either way of writing names
 * that AWS has ({@code AmiName}, {@code ami-name}).
 */
record ListExportImageTasks(Database database, PageTokens pageTokens)
    implements Operation.ReadOnly<ListExportImageTasks.Request> {
  private static final int PAGE = 50;

  record Request(
      @JsonProperty("Filters") Optional<List<Filter>> filters,
      @JsonProperty("MaxResults") Optional<Integer> maxResults,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  record Filter(@JsonProperty("Name") String name, @JsonProperty("Values") List<String> values) {}

  record Result(
      @JsonProperty("ExportImageTasks") List<WireExportImageTask> exportImageTasks,
      @JsonProperty("NextToken") Optional<String> nextToken) {}

  @Override
  public Result answer(Owner caller, Request request) {
    Map<ExportTasks.Filter, List<String>> filters = filters(request.filters.orElse(List.of()));
    List<String> query = new ArrayList<>(List.of(name(), caller.accountId(), caller.region()));
    filters.forEach((filter, values) -> {
      query.add(filter.name());
      query.addAll(values);
    });
    Optional<PageKey> after =
        request.nextToken.map(token -> pageKey(pageTokens.read(query, token)));
    int limit = request.maxResults.filter(max -> max > 0).orElse(PAGE);
    Page<ExportTask> page =
        Page.of(
            database.read(handle -> ExportTasks.page(handle, caller, filters, after, limit + 1)),
            limit);
    return new Result(
        page.items().stream().map(WireExportImageTask::of).toList(),
        page.nextToken(pageTokens, query, ListExportImageTasks::text));
  }

  private static Map<ExportTasks.Filter, List<String>> filters(List<Filter> wanted) {
    Map<ExportTasks.Filter, List<String>> filters = new EnumMap<>(ExportTasks.Filter.class);
    for (Filter filter : wanted) {
      List<String> values = Selection.of("filters", Optional.of(filter.values));
      if (values.isEmpty() || filters.put(column(filter.name), values) != null) {
        throw invalid("The filter '%s' has no values or is given twice.".formatted(filter.name));
      }
    }
    return filters;
  }

  private static ExportTasks.Filter column(String name) {
    return switch (name.toLowerCase(Locale.ROOT).replace("-", "")) {
      case "taskid" -> ExportTasks.Filter.TASK_ID;
      case "imagearn" -> ExportTasks.Filter.IMAGE_ARN;
      case "aminame" -> ExportTasks.Filter.AMI_NAME;
      case "amiid" -> ExportTasks.Filter.AMI_ID;
      case "state" -> ExportTasks.Filter.STATE;
      default ->
          throw invalid(
              "Unknown filter '%s'. Supported filters: TaskId, ImageArn, AmiName, AmiId, State."
                  .formatted(name));
    };
  }

  private static ApiException invalid(String message) {
    return new ApiException(ErrorType.VALIDATION, message);
  }

  private static String text(ExportTask last) {
    return last.created().toEpochMilli() + " " + last.id();
  }

  private static PageKey pageKey(String text) {
    int space = text.indexOf(' ');
    return new PageKey(
        Instant.ofEpochMilli(Long.parseLong(text.substring(0, space))), text.substring(space + 1));
  }
}
