package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingMove;
import dev.regild.channel.ring.RingRecords.FollowingLine;
import dev.regild.console.Console;
import dev.regild.console.Form;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Fields;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.policy.view.RingPage;
import dev.regild.console.policy.view.RingsPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.image.Owner;
import dev.regild.policy.line.Lines;
import dev.regild.policy.ring.Rings;
import gg.jte.generated.precompiled.policy.JteringGenerated;
import gg.jte.generated.precompiled.policy.JteringsGenerated;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code /console/rings}: the snapshots that parts of the fleet see. All accounts share the
 * channels, so an operator adds and moves rings; an account assigns its own lines.
 */
final class RingPages implements Console.Pages {
  private static final String ONE = "/console/rings/{channel}/{ring}";
  private static final int ROWS = 50;
  private static final int MOVES = 100;
  private static final int LINES = 100;

  private final PolicyServices services;

  RingPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show(
            "/console/rings",
            "ConsoleListRings",
            visit -> list(visit, new Fields(asked(visit), Map.of()), Optional.empty()))
        .act("/console/rings", "AddRing", this::add)
        .show(
            ONE,
            "ConsoleShowRing",
            visit -> show(visit, Fields.EMPTY, Optional.empty(), Optional.empty()))
        .act(ONE, "ChangeRing", this::change)
        .act(ONE + "/remove", "RemoveRing", this::remove)
        .act(ONE + "/rollback", "RollBackRing", this::rollback)
        .act(ONE + "/lines", "AssignLineToRing", this::assign)
        .act(ONE + "/lines/remove", "TakeLineOutOfRing", this::unassign);
  }

  private static Map<String, String> asked(Visit visit) {
    return Map.of("channel", visit.query("channel"));
  }

  private void list(Visit visit, Fields form, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    String channel = visit.query("channel");
    String text = visit.query("from");
    int from = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
    List<RingsPage.Row> found =
        services.rings().list().stream()
            .filter(each -> channel.isEmpty() || each.ring().channel().equals(channel))
            .skip(from)
            .limit(ROWS + 1L)
            .map(each -> row(each, owner))
            .toList();
    RingsPage page =
        new RingsPage(
            channel,
            found.stream().limit(ROWS).toList(),
            from == 0,
            found.size() > ROWS
                ? "/console/rings?channel=%s&from=%d".formatted(Words.encoded(channel), from + ROWS)
                : "",
            channels(),
            isOperator(visit),
            form,
            Attempt.commands(visit, adding(form)),
            services.clock().instant());
    Visit.Template template = (out, frame) -> JteringsGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, "Rings", template);
    } else {
      visit.show(Section.POLICIES, "Rings", template);
    }
  }

  private List<String> channels() {
    try {
      return services.channels().status().stream().map(each -> each.name()).toList();
    } catch (ChannelException e) {
      // The list of channels says what is wrong with them.
      return List.of();
    }
  }

  static RingsPage.Row row(Rings.Details details, Owner owner) {
    Ring ring = details.ring();
    return new RingsPage.Row(
        ring.channel(),
        ring.name(),
        ring.source().orElse(""),
        details.snapshot().map(Paths::digest).orElse(""),
        ring.standing().map(Ring.Standing::since),
        words(ring.gates()),
        own(details, owner).size());
  }

  private static List<FollowingLine> own(Rings.Details details, Owner owner) {
    return details.lines().stream()
        .filter(line -> line.accountId().equals(owner.accountId()))
        .filter(line -> line.region().equals(owner.region()))
        .toList();
  }

  private static String words(Gates gates) {
    return String.join(
        ", ",
        Stream.of(
                gates.qualified() > 0 ? Words.count(gates.qualified(), "qualified image") : "",
                gates.age().isZero() ? "" : Words.count(gates.age().toDays(), "day") + " old")
            .filter(each -> !each.isEmpty())
            .toList());
  }

  private boolean isOperator(Visit visit) {
    return services.operators().include(visit.caller());
  }

  private void requireOperator(Visit visit) {
    visit.requireChanges();
    services.operators().require(visit.caller());
  }

  private static String adding(Fields form) {
    return "regild ring add "
        + Attempt.word(form.value("channel"), "CHANNEL")
        + " "
        + Attempt.word(form.value("ring"), "RING")
        + gates(form);
  }

  private static String gates(Fields form) {
    StringBuilder words = new StringBuilder();
    Map.of("from", " --from ", "qualified", " --qualified ", "days", " --days ").entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .filter(each -> !form.value(each.getKey()).isEmpty())
        .forEach(each ->
            words.append(each.getValue()).append(Commands.quoted(form.value(each.getKey()))));
    return words.toString();
  }

  private static Map<String, String> typed(Form form) {
    Map<String, String> typed = new HashMap<>();
    Stream.of("channel", "ring", "from", "qualified", "days")
        .forEach(field -> typed.put(field, form.text(field)));
    return typed;
  }

  private void add(Visit visit) {
    requireOperator(visit);
    Fields form = new Fields(typed(visit.form()), Map.of());
    String channel = form.value("channel");
    String name = form.value("ring");
    services.guard().resources(visit.request(), List.of(channel, name));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              var _ =
                  services.rings().add(channel, name, source(form), readGates(form, Gates.OPEN));
            });
    if (error.isPresent()) {
      list(visit, form.with(Map.of(field(error.get()), error.get().text())), error);
    } else {
      visit.redirect(Paths.ring(channel, name, ""), Notices.RING_SAVED);
    }
  }

  private static Optional<String> source(Fields form) {
    return Optional.of(form.value("from")).filter(it -> !it.isEmpty());
  }

  /** A gate of which the form says nothing stays as it is. */
  private static Gates readGates(Fields form, Gates present) {
    return new Gates(
        number(form, "qualified", present.qualified()),
        Duration.ofDays(number(form, "days", (int) present.age().toDays())));
  }

  private static int number(Fields form, String field, int otherwise) {
    String text = form.value(field);
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("\\d{1,9}")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The %s is '%s'. Write a whole number."
              .formatted(
                  field.equals("days") ? "least age in days" : "number of qualified images", text));
    }
    return Integer.parseInt(text);
  }

  /** The field that an error is about. */
  private static String field(ApiException error) {
    String text = error.text();
    if (text.startsWith("The number of qualified images")) {
      return "qualified";
    }
    if (text.startsWith("The least age ")) {
      return "days";
    }
    if (text.startsWith("The ring's name ") || error.type() == ErrorType.RESOURCE_ALREADY_EXISTS) {
      return "ring";
    }
    if (text.contains("in a circle") || text.contains("has no ring")) {
      return "from";
    }
    return text.startsWith("A ring that follows the repositories has no gates")
        ? "from"
        : "channel";
  }

  private void show(
      Visit visit, Fields assigning, Optional<Fields> changing, Optional<ApiException> error) {
    Owner owner = visit.caller().owner();
    Rings.Details details =
        Attempt.checked(() -> services.rings().show(visit.path("channel"), visit.path("ring")));
    RingsPage.Row row = row(details, owner);
    RingPage page =
        new RingPage(
            row,
            details.ring().standing().map(Ring.Standing::snapshot).orElse(""),
            details.ring().standing().isPresent()
                ? RingMove.before(details.moves()).map(Paths::digest).orElse("")
                : "",
            own(details, owner).stream()
                .map(line -> new RingPage.Line(line.name(), line.images()))
                .toList(),
            services.database().read(handle -> Lines.page(handle, owner, "", LINES)).stream()
                .map(each -> each.line().name())
                .toList(),
            details.moves().stream().limit(MOVES).toList(),
            details.moves().size(),
            isOperator(visit),
            assigning,
            changing.orElseGet(() -> present(details.ring())),
            commands(visit, details.ring()),
            services.clock().instant());
    String title = "Ring %s of %s".formatted(row.name(), row.channel());
    Visit.Template template = (out, frame) -> JteringGenerated.render(out, null, frame, page);
    if (error.isPresent()) {
      visit.showRefused(error.get(), Section.POLICIES, title, template);
    } else {
      visit.show(Section.POLICIES, title, template);
    }
  }

  private static Fields present(Ring ring) {
    return new Fields(
        Map.of(
            "from", ring.source().orElse(""),
            "qualified", String.valueOf(ring.gates().qualified()),
            "days", String.valueOf(ring.gates().age().toDays())),
        Map.of());
  }

  private Commands commands(Visit visit, Ring ring) {
    String both = Commands.quoted(ring.channel()) + " " + Commands.quoted(ring.name());
    List<String> commands = new ArrayList<>();
    commands.add("regild ring show " + both);
    commands.add("regild ring assign " + both + " LINE");
    commands.add("regild ring unassign " + both + " LINE");
    if (isOperator(visit)) {
      ring.source()
          .ifPresent(from -> {
            commands.add(
                "regild ring promote %s %s %s --preview"
                    .formatted(
                        Commands.quoted(ring.channel()),
                        Commands.quoted(from),
                        Commands.quoted(ring.name())));
            commands.add("regild ring rollback " + both);
            commands.add("regild ring set " + both + gates(present(ring)));
          });
      commands.add("regild ring remove " + both);
    }
    return Attempt.commands(visit, commands.toArray(String[]::new));
  }

  private void change(Visit visit) {
    requireOperator(visit);
    String channel = visit.path("channel");
    String name = visit.path("ring");
    Fields form = new Fields(typed(visit.form()), Map.of());
    services.guard().resources(visit.request(), List.of(channel, name));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              var _ =
                  services
                      .rings()
                      .change(channel, name, source(form), present -> readGates(form, present));
            });
    if (error.isPresent()) {
      show(
          visit,
          Fields.EMPTY,
          Optional.of(form.with(Map.of(field(error.get()), error.get().text()))),
          error);
    } else {
      visit.redirect(Paths.ring(channel, name, ""), Notices.RING_SAVED);
    }
  }

  private void remove(Visit visit) {
    requireOperator(visit);
    String channel = visit.path("channel");
    String name = visit.path("ring");
    services.guard().resources(visit.request(), List.of(channel, name));
    Attempt.run(() -> services.rings().remove(channel, name));
    visit.redirect("/console/rings", Notices.RING_REMOVED);
  }

  /** Takes back the promotion that the page has shown: a button can be pressed twice. */
  private void rollback(Visit visit) {
    requireOperator(visit);
    String channel = visit.path("channel");
    String name = visit.path("ring");
    services.guard().resources(visit.request(), List.of(channel, name));
    String snapshot =
        Attempt.checked(() ->
            services
                .promotions()
                .rollback(
                    channel,
                    name,
                    visit.caller().signature(),
                    Optional.of(visit.form().text("snapshot"))));
    services.guard().resources(visit.request(), List.of(channel, name, "snapshot " + snapshot));
    visit.redirect(Paths.ring(channel, name, ""), Notices.RING_ROLLED_BACK);
  }

  private void assign(Visit visit) {
    visit.requireChanges();
    String channel = visit.path("channel");
    String name = visit.path("ring");
    String line = visit.form().text("line");
    services.guard().resources(visit.request(), List.of(channel, name, line));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              var _ = services.rings().assign(channel, name, visit.caller().owner(), line);
            });
    if (error.isPresent()) {
      show(
          visit,
          new Fields(Map.of("line", line), Map.of("line", error.get().text())),
          Optional.empty(),
          error);
    } else {
      visit.redirect(Paths.ring(channel, name, ""), Notices.LINE_CHANGED);
    }
  }

  private void unassign(Visit visit) {
    visit.requireChanges();
    String channel = visit.path("channel");
    String name = visit.path("ring");
    String line = visit.form().text("line");
    services.guard().resources(visit.request(), List.of(channel, name, line));
    Attempt.run(() -> services.rings().unassign(channel, name, visit.caller().owner(), line));
    visit.redirect(Paths.ring(channel, name, ""), Notices.LINE_CHANGED);
  }
}
