package dev.regild.console.policy;

import dev.regild.console.Console;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.ImagePoliciesPage;
import dev.regild.console.view.Frame.Section;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RevokedImages;
import dev.regild.policy.line.Hold;
import dev.regild.policy.line.Holds;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPolicy;
import dev.regild.policy.retention.RetentionRecords;
import gg.jte.generated.precompiled.policy.JteimagepoliciesGenerated;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** {@code /console/images/NAME/policies}: the policies that concern an image of one's own. */
final class ImagePolicyPages implements Console.Pages {
  private final PolicyServices services;

  ImagePolicyPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes.show("/console/images/{name}/policies", "ConsoleShowImage", this::show);
  }

  private void show(Visit visit) {
    Owner owner = visit.caller().owner();
    List<RetentionPolicy> retention = services.retentions().list(owner);
    Image image =
        Attempt.checked(() ->
            services
                .database()
                .read(handle -> Images.requireOwned(handle, owner, visit.path("name"))));
    ImagePoliciesPage page = services.database().read(handle -> page(handle, image, retention));
    visit.show(
        Section.IMAGES,
        "Policies of " + page.name(),
        (out, frame) -> JteimagepoliciesGenerated.render(out, null, frame, page));
  }

  private ImagePoliciesPage page(Handle handle, Image image, List<RetentionPolicy> retention) {
    Optional<Line> line = Lines.of(handle, image);
    LineRows rows = LineRows.of(handle, image.owner(), retention);
    return new ImagePoliciesPage(
        image.name(),
        line.map(it -> {
          List<Lines.Member> members = Lines.members(handle, it);
          return rows.row(
              new Lines.Summary(
                  it, members.size(), members.stream().map(Lines.Member::name).findFirst()));
        }),
        rows.aliases().stream()
            .filter(alias -> alias.image().equals(image.name()))
            .map(alias -> alias.name().name())
            .toList(),
        RetentionRecords.deprecatedSince(handle, image.id()),
        Holds.of(handle, List.of(image.id())).getOrDefault(image.id(), List.of()).stream()
            .map(Hold::text)
            .toList(),
        RevokedImages.find(handle, image),
        services.clock().instant());
  }
}
