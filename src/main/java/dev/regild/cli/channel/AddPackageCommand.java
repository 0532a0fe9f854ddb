package dev.regild.cli.channel;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RefreshOptions;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.PackageFacts;
import dev.regild.windows.catalogue.WindowsPackage;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * Adds files one after the other; what a file does not say is asked for on a terminal, and told by
 * options where there is none.
 */
@Command(
    name = "add-update",
    description = {
      "Adds packages to a Windows channel's catalogue: updates (.msu, .cab), drivers"
          + " (a folder or a .zip) and agents (.msi).",
      "Each package's metadata says what it is. The options add what the metadata"
          + " does not say."
    },
    mixinStandardHelpOptions = true)
final class AddPackageCommand implements Callable<Integer> {
  @ParentCommand ChannelCommand channel = new ChannelCommand();

  @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel's name.")
  String name = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FILE",
      description = "The files or directories.")
  List<Path> files = new ArrayList<>();

  @Option(
      names = "--sha256",
      paramLabel = "HASH",
      description =
          "The SHA-256 that the vendor publishes for the file. Only with a single file,"
              + " not a directory.")
  @Nullable String sha256;

  @Option(names = "--kb", paramLabel = "KB", description = "The KB number, such as KB5035857.")
  @Nullable String kb;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "The kind of an update: servicing-stack, cumulative, dotnet or update. Use"
              + " servicing-stack for a servicing stack update whose name does not say so, as on"
              + " Server 2016 and 2019 (Package_for_KB...). It is installed before all others.")
  @Nullable String kind;

  @Option(
      names = "--build",
      paramLabel = "BUILD",
      split = ",",
      description = "A Windows build that the update is for, such as 20348; may be repeated.")
  @Nullable List<String> builds;

  @Option(names = "--arch", paramLabel = "ARCH", description = "amd64, arm64, x86 or neutral.")
  @Nullable String architecture;

  @Option(
      names = "--resulting-build",
      paramLabel = "BUILD",
      description = "The build that a cumulative update results in, such as 20348.2340.")
  @Nullable String resultingBuild;

  @Option(
      names = "--checkpoint",
      description =
          "The update is a checkpoint, which later updates of its build need beside them (Windows"
              + " 11 24H2, Windows Server 2025).")
  boolean checkpoint;

  @Option(names = "--yes", description = "Do not ask for confirmation.")
  boolean yes;

  @Option(names = "--no-refresh", description = "Do not create a snapshot now.")
  boolean noRefresh;

  @Override
  public Integer call() throws IOException, ChannelException, InterruptedException {
    if (files.size() > 1 && saysWhatOneIs()) {
      throw new IllegalArgumentException(
          "--sha256, --kb, --resulting-build and --checkpoint apply to a single file; add the files"
              + " one by one");
    }
    ChannelStore channels = channel.channels();
    Catalogue catalogue = Catalogue.of(channels, name);
    boolean added = false;
    try {
      for (Path file : files) {
        added |= add(catalogue, file);
      }
    } catch (IOException | ChannelException e) {
      if (added) {
        refresh();
      }
      throw e;
    }
    refresh();
    return 0;
  }

  private void refresh() throws IOException, ChannelException, InterruptedException {
    if (!noRefresh) {
      var _ = channel.refreshed(name, RefreshOptions.NONE);
    }
  }

  private boolean saysWhatOneIs() {
    return sha256 != null || kb != null || resultingBuild != null || checkpoint;
  }

  /** Whether it came into the catalogue. */
  private boolean add(Catalogue catalogue, Path file)
      throws IOException, ChannelException, InterruptedException {
    if (sha256 != null && Files.isDirectory(file)) {
      throw new IllegalArgumentException(
          "--sha256 applies to a file, but "
              + file
              + " is a directory; leave out --sha256, or add the directory as a .zip");
    }
    try (Catalogue.Incoming incoming = catalogue.read(file, Optional.ofNullable(sha256))) {
      if (!incoming.there().isEmpty()) {
        incoming.there().forEach(entry -> say("Already present: ", entry));
        return false;
      }
      incoming.notices().forEach(notice -> channel.out().println("Skipped: " + notice + "."));
      List<PackageFacts> packages = new ArrayList<>();
      for (PackageFacts each : incoming.packages()) {
        packages.add(completed(file, each));
      }
      if (!isAgreed(file, packages)) {
        channel.out().println("Left out " + file + ".");
        return false;
      }
      catalogue.add(incoming, packages, checkpoint).forEach(entry -> say("Added ", entry));
      return true;
    }
  }

  private void say(String what, CatalogueEntry entry) {
    channel
        .out()
        .println(
            "%s%s (%s)."
                .formatted(what, described(entry.facts()), ListPackagesCommand.shortDigest(entry)));
  }

  private static String described(PackageFacts facts) {
    List<String> words = new ArrayList<>();
    words.add(ListPackagesCommand.kind(facts));
    words.add(facts.kb());
    words.add(facts.name());
    words.add(facts.version());
    words.add(facts.architecture());
    words.add(facts.builds().isEmpty() ? "" : "for " + String.join(", ", facts.builds()));
    words.removeIf(String::isEmpty);
    return String.join(" ", words);
  }

  private PackageFacts completed(Path file, PackageFacts read) throws ChannelException {
    PackageFacts facts = read;
    try {
      if (kind != null && facts.isUpdate()) {
        facts = facts.withKind(kind(kind));
      }
      for (PackageFacts.Missing fact : PackageFacts.Missing.values()) {
        Optional<String> said = said(fact);
        if (said.isPresent() && (facts.isUpdate() || facts.missing().contains(fact))) {
          facts = with(facts, fact, said.get());
        }
      }
      for (PackageFacts.Missing fact : facts.missing()) {
        facts = with(facts, fact, asked(file, fact));
      }
      return facts;
    } catch (IllegalArgumentException e) {
      throw new ChannelException(file + " can't be added: " + e.getMessage(), e);
    }
  }

  private static WindowsPackage.Kind kind(String text) {
    try {
      return WindowsPackage.Kind.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      String all =
          Arrays.stream(WindowsPackage.Kind.values())
              .map(each -> each.name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .collect(Collectors.joining(", "));
      throw new IllegalArgumentException(
          "--kind must be one of %2$s, not '%1$s'".formatted(text, all), e);
    }
  }

  private Optional<String> said(PackageFacts.Missing fact) {
    return Optional.ofNullable(
        switch (fact) {
          case KB -> kb;
          case ARCHITECTURE -> architecture;
          case BUILDS -> builds == null ? null : String.join(",", builds);
          case RESULTING_BUILD -> resultingBuild;
        });
  }

  private static PackageFacts with(PackageFacts facts, PackageFacts.Missing fact, String said) {
    return switch (fact) {
      case KB -> facts.withKb(said.toUpperCase(Locale.ROOT));
      case ARCHITECTURE -> facts.withArchitecture(said);
      case BUILDS -> facts.withBuilds(List.of(said.split("\\s*,\\s*", -1)));
      case RESULTING_BUILD -> facts.withResultingBuild(said);
    };
  }

  private String asked(Path file, PackageFacts.Missing fact) throws ChannelException {
    Console terminal = terminal();
    String answer =
        terminal == null
            ? null
            : terminal.readLine("%s does not say %s: ", file.getFileName(), fact.meaning());
    if (answer == null || answer.isBlank()) {
      throw new ChannelException(
          "%s does not say %s; give it with %s".formatted(file, fact.meaning(), fact.option()));
    }
    return answer.strip();
  }

  private boolean isAgreed(Path file, List<PackageFacts> packages) {
    Console terminal = terminal();
    if (terminal == null) {
      return true;
    }
    packages.forEach(each -> channel.out().println(file.getFileName() + " is " + described(each)));
    String answer = terminal.readLine("Add it? [Y/n] ");
    return answer != null && !answer.strip().toLowerCase(Locale.ROOT).startsWith("n");
  }

  @SuppressWarnings("SystemConsoleNull") // Java 25 has the old default again (JDK-8351435)
  private @Nullable Console terminal() {
    Console console = System.console();
    return yes || console == null || !console.isTerminal() ? null : console;
  }
}
