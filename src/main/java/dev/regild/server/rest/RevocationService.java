package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTask;
import dev.regild.policy.revocation.Revocation;
import dev.regild.policy.revocation.Revocation.Relation;
import dev.regild.policy.revocation.Revocation.Subject;
import dev.regild.policy.revocation.Revocations;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** {@code /regild/v1/revocations}: images that are not to be used any more, and who has them. */
public record RevocationService(Requests requests, Revocations revocations) implements HttpService {
  private static final String ALL = "/regild/v1/revocations";

  /**
   * A revocation.
   *
   * @param id absent in a preview
   * @param subject the image, or the package with its versions
   * @param images that are marked; absent in a list
   */
  private record RevocationView(
      Optional<String> id,
      String subject,
      boolean descendants,
      String reason,
      Instant created,
      Optional<String> by,
      Optional<Instant> undone,
      int count,
      Optional<List<ImageView>> images) {
    static RevocationView of(Revocation revocation, int count, Optional<List<ImageView>> images) {
      boolean made = !revocation.by().isEmpty();
      return new RevocationView(
          made ? Optional.of(revocation.id()) : Optional.empty(),
          revocation.subject().text(),
          revocation.descendants(),
          revocation.reason(),
          revocation.created(),
          made ? Optional.of(revocation.by()) : Optional.empty(),
          revocation.undone(),
          count,
          images);
    }

    static RevocationView of(Revocations.Details details) {
      return of(
          details.revocation(),
          details.images().size(),
          Optional.of(details.images().stream().map(ImageView::of).toList()));
    }
  }

  /**
   * An image that belongs to a revocation.
   *
   * @param exists false if it was deleted
   * @param shares the accounts that it is shared with
   */
  private record ImageView(
      String image,
      Relation relation,
      String cause,
      boolean exists,
      List<String> shares,
      List<ExportView> exports) {
    static ImageView of(Revocation.Listed listed) {
      return new ImageView(
          listed.affected().name(),
          listed.affected().relation(),
          listed.affected().cause(),
          listed.exists(),
          listed.shares(),
          listed.exports().stream().map(ExportView::of).toList());
    }
  }

  private record ExportView(String name, String disk, Instant created) {
    static ExportView of(ExportTask task) {
      return new ExportView(task.amiName(), task.amiId(), task.created());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get(ALL, this::list);
    rules.post(ALL, this::revoke);
    rules.get(ALL + "/{id}", this::show);
    rules.post(ALL + "/{id}/undo", this::undo);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListRevocations");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of(
            "revocations",
            revocations.list(owner).stream()
                .map(each -> RevocationView.of(each.revocation(), each.images(), Optional.empty()))
                .toList()));
  }

  private void revoke(ServerRequest request, ServerResponse response) {
    Requests.Received received = requests.received(request);
    JsonNode body = PolicyBody.of(received.body()).json();
    boolean preview = body.path("preview").asBoolean(false);
    RequestLog.operation(preview ? "PreviewRevocation" : "RevokeImages");
    Caller caller = Requests.admitted(received.caller(), !preview);
    Owner owner = caller.owner();
    boolean descendants = body.path("descendants").asBoolean(true);
    String reason = body.path("reason").asString("");
    RequestLog.resources(
        request, List.of(body.path("image").asString(body.path("package").asString(""))));
    Revocations.Details details =
        PolicyErrors.checked(() -> {
          Subject subject = subject(owner, body);
          return preview
              ? revocations.preview(owner, subject, descendants, reason)
              : revocations.revoke(owner, subject, descendants, reason, caller.signature());
        });
    OwnAnswers.send(response, RevocationView.of(details));
  }

  private Subject subject(Owner owner, JsonNode body) {
    Optional<String> image = text(body, "image");
    Optional<String> wanted = text(body, "package");
    Optional<String> version = text(body, "version");
    if (image.isPresent() == wanted.isPresent() || (image.isPresent() && version.isPresent())) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "Name what to revoke: an image, or a package and, if only some are meant, its versions.");
    }
    return image.isPresent()
        ? revocations.image(owner, image.get())
        : Revocations.ofPackage(wanted.orElseThrow(), version);
  }

  private static Optional<String> text(JsonNode body, String member) {
    return Optional.of(body.path(member).asString("")).filter(text -> !text.isEmpty());
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowRevocation");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    String id = request.path().pathParameters().get("id");
    OwnAnswers.send(response, RevocationView.of(revocations.show(owner, id)));
  }

  private void undo(ServerRequest request, ServerResponse response) {
    RequestLog.operation("UndoRevocation");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String id = request.path().pathParameters().get("id");
    RequestLog.resources(request, List.of(id));
    Revocation undone = revocations.undo(caller.owner(), id, caller.signature());
    OwnAnswers.send(response, RevocationView.of(undone, 0, Optional.empty()));
  }
}
