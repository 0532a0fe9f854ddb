package dev.regild.console;

import dev.regild.channel.ChannelException;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.PackageFacts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Adds a file to a catalogue, with what was typed about it.
 *
 * @param said by field: kb, builds, architecture, resulting-build, sha256
 */
record CatalogueAddition(Catalogue catalogue, Path file, Map<String, String> said) {
  /** What came of it. */
  sealed interface Outcome {}

  /** The catalogue has it, perhaps for long. */
  record Added() implements Outcome {}

  /** Its metadata lacks something, and so does what was typed. */
  record Incomplete(List<PackageFacts.Missing> missing) implements Outcome {}

  /** It can't be added. */
  record Refused(String reason) implements Outcome {}

  Outcome run() throws InterruptedException {
    try (Catalogue.Incoming incoming =
        catalogue.read(file, Optional.of(text("sha256")).filter(it -> !it.isEmpty()))) {
      if (!incoming.there().isEmpty()) {
        return new Added();
      }
      List<PackageFacts> packages = new ArrayList<>();
      Set<PackageFacts.Missing> missing = new LinkedHashSet<>();
      for (PackageFacts each : incoming.packages()) {
        PackageFacts completed = completed(each);
        missing.addAll(completed.missing());
        packages.add(completed);
      }
      if (!missing.isEmpty()) {
        return new Incomplete(List.copyOf(missing));
      }
      var _ = catalogue.add(incoming, packages);
      return new Added();
    } catch (ChannelException | IllegalArgumentException | IOException e) {
      // The directory that the file was sent to is nobody's business.
      return new Refused(
          String.valueOf(e.getMessage())
              .replace(file.toString(), String.valueOf(file.getFileName())));
    }
  }

  private PackageFacts completed(PackageFacts read) {
    PackageFacts facts = read;
    for (PackageFacts.Missing fact : PackageFacts.Missing.values()) {
      String value = text(field(fact));
      if (!value.isEmpty() && (facts.isUpdate() || facts.missing().contains(fact))) {
        facts =
            switch (fact) {
              case KB -> facts.withKb(value.toUpperCase(Locale.ROOT));
              case ARCHITECTURE -> facts.withArchitecture(value);
              case BUILDS -> facts.withBuilds(List.of(value.split("\\s*,\\s*", -1)));
              case RESULTING_BUILD -> facts.withResultingBuild(value);
            };
      }
    }
    return facts;
  }

  private static String field(PackageFacts.Missing fact) {
    return switch (fact) {
      case KB -> "kb";
      case ARCHITECTURE -> "architecture";
      case BUILDS -> "builds";
      case RESULTING_BUILD -> "resulting-build";
    };
  }

  private String text(String field) {
    return said.getOrDefault(field, "").strip();
  }
}
