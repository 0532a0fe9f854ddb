package dev.regild.windows.upstream;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Asks a server whether it still has the products and classifications of a channel. */
public final class UpstreamExamination {
  private final WsusSource source;
  private final Transport transport;

  public UpstreamExamination(WsusSource source, Transport transport) {
    this.source = source;
    this.transport = transport.by(UpstreamRefresh.route(source));
  }

  /**
   * Runs, with four requests.
   *
   * @return what is wrong, in words; empty if all is well
   * @throws FetchException if the server can't be asked
   */
  public Optional<String> problem() throws FetchException, InterruptedException {
    ServerSync server = new ServerSync(source.root(), transport, Optional.empty());
    Set<UUID> there;
    try {
      there =
          new Session(server, UUID.randomUUID(), Session.PAUSES.subList(0, 1))
              .call(server::categories).revisions().stream()
                  .map(RevisionId::update)
                  .collect(Collectors.toSet());
    } catch (SyncFault fault) {
      return Optional.of(
          "%s did not answer as expected: %s".formatted(source.url(), fault.getMessage()));
    }
    List<String> wrong = new ArrayList<>();
    wrong.addAll(missing("products", source.productIds(), there));
    wrong.addAll(missing("classifications", source.classificationIds(), there));
    wrong.addAll(missing("driver-products", source.driverProductIds(), there));
    return wrong.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s does not have %s; correct the channel's file, or have the WSUS synchronise them"
                .formatted(source.url(), String.join(" and ", wrong)));
  }

  private static List<String> missing(String what, Set<UUID> wanted, Set<UUID> there) {
    Set<UUID> missing = new TreeSet<>(wanted);
    missing.removeAll(there);
    return missing.isEmpty() ? List.of() : List.of(what + " " + Categories.names(missing));
  }
}
