package dev.regild.server.rest;

import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.PageTokens;
import dev.regild.channel.ChannelException;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.feed.OpenDifference;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.PackageDifference;
import dev.regild.server.http.Documents;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.rest.DifferenceView.SideView;
import dev.regild.server.rest.DifferenceView.SnapshotView;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.fleet.Difference;
import dev.regild.update.fleet.Differences;
import dev.regild.update.fleet.ImageContent;
import dev.regild.update.planning.SnapshotOffers;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Compares an image: {@code GET /regild/v1/images/NAME/diff?with=OTHER} with another one, {@code
 * …/diff?snapshot=2026-03-01} with what its channel's snapshot of that day would have made of it,
 * {@code …/diff?snapshot=} with what the current one would.
 */
public record DifferenceService(
    Requests requests,
    Database database,
    Inventories inventories,
    FeedStore feeds,
    Differences differences,
    SnapshotOffers offers,
    PageTokens tokens,
    Documents documents)
    implements HttpService {
  private static final String JSON = "application/json";

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/diff", this::compare);
  }

  private void compare(ServerRequest request, ServerResponse response) throws InterruptedException {
    RequestLog.operation("CompareImages");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Optional<String> other = ListPart.text(request, "with");
    Optional<String> snapshot = request.query().first("snapshot").asOptional();
    if (other.isPresent() == snapshot.isPresent()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "Say what to compare with: ?with=NAME for an image, ?snapshot=2026-03-01 for a"
              + " snapshot.");
    }
    ImageContent first = ImageContent.require(database, caller.owner(), name);
    List<String> asked = new ArrayList<>(List.of("diff", first.image().id()));
    if (other.isPresent()) {
      ImageContent second = ImageContent.require(database, caller.owner(), other.get());
      requireSameSystem(first, second);
      asked.add(second.image().id());
      ListPart part = ListPart.of(request, tokens, asked);
      documents.send(response, caller, JSON, () -> json(withImage(first, second, part)));
    } else {
      SnapshotOffers.Found offer = offer(first, snapshot.get());
      asked.add(offer.offer().snapshot().digest());
      ListPart part = ListPart.of(request, tokens, asked);
      documents.send(response, caller, JSON, () -> json(withSnapshot(first, offer, part)));
    }
  }

  private static byte[] json(DifferenceView view) {
    return OwnAnswers.json().writeValueAsBytes(view);
  }

  private static void requireSameSystem(ImageContent first, ImageContent second) {
    if (!first.system().equals(second.system())) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%s uses %s and %s uses %s. Compare images of one package system."
              .formatted(
                  first.image().name(),
                  first.system().name(),
                  second.image().name(),
                  second.system().name()));
    }
  }

  private SnapshotOffers.Found offer(ImageContent first, String which) {
    try {
      return offers.find(first.image(), which);
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot compare: " + e.getMessage() + ".");
    }
  }

  private DifferenceView withImage(ImageContent first, ImageContent second, ListPart part) {
    Differences.Subject one = first.subject(inventories);
    Differences.Subject two = second.subject(inventories);
    return view(
        side(first, one),
        Optional.of(side(second, two)),
        Optional.empty(),
        differences.between(one, two, first.system()),
        open(first, one, second, two),
        part);
  }

  private DifferenceView withSnapshot(
      ImageContent first, SnapshotOffers.Found offer, ListPart part) {
    Differences.Subject one = first.subject(inventories);
    SnapshotView snapshot =
        new SnapshotView(
            offer.offer().channel().name(), offer.offer().snapshot().digest(), offer.since());
    return view(
        side(first, one),
        Optional.empty(),
        Optional.of(snapshot),
        differences.toSnapshot(one, offer.offer()),
        Optional.empty(),
        part);
  }

  private Optional<OpenDifference> open(
      ImageContent first, Differences.Subject one, ImageContent second, Differences.Subject two) {
    return OpenDifference.between(openSide(first, one), openSide(second, two));
  }

  private OpenDifference.Side openSide(ImageContent each, Differences.Subject subject) {
    return new OpenDifference.Side(
        new OpenCves(
            feeds.facts(each.image().platform().orElse("")),
            each.system().family(),
            each.system().notes()),
        subject.inventory().packages());
  }

  private static SideView side(ImageContent each, Differences.Subject subject) {
    return SideView.of(
        each.image(), subject.inventory(), each.layer().map(Layer::bytes).orElse(0L));
  }

  private static DifferenceView view(
      SideView first,
      Optional<SideView> second,
      Optional<SnapshotView> snapshot,
      Difference difference,
      Optional<OpenDifference> open,
      ListPart part) {
    ListPart.Items<PackageDifference> packages =
        part.of(
            difference.packages(),
            each ->
                String.join(
                    "\n",
                    each.kind().name(),
                    each.name(),
                    each.architecture(),
                    each.from(),
                    each.to()));
    return new DifferenceView(
        first,
        second,
        snapshot,
        packages.items(),
        difference.fixed().filter(_ -> part.isFirst()).map(FixesView::folded),
        difference.lost().filter(_ -> part.isFirst()).map(FixesView::folded),
        part.isFirst() ? difference.advisories() : List.of(),
        open.filter(_ -> part.isFirst()).map(DifferenceView.OpenView::of),
        packages.next());
  }
}
