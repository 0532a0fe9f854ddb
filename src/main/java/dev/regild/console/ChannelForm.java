package dev.regild.console;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.SourceOption;
import dev.regild.channel.SourceOptions;
import dev.regild.console.view.Commands;
import dev.regild.console.view.NewChannelPage.Option;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The form that adds a channel: the options of {@code regild channel add}, but for what names files
 * of the server that are no keys. Nothing of it is fetched before the channel is there.
 *
 * @param system of the platform
 * @param typed what stands in the form, by field
 */
record ChannelForm(PackageSystem system, String platform, Map<String, String> typed) {
  /** Where a machine keeps its keys and certificates; a browser can't name other files. */
  private static final List<String> KEYS =
      List.of(
          "/usr/share/keyrings",
          "/etc/apt/keyrings",
          "/etc/apt/trusted.gpg.d",
          "/etc/pki/rpm-gpg",
          "/usr/share/distribution-gpg-keys",
          "/etc/ssl/certs",
          "/usr/local/share/ca-certificates");

  private static final int LONGEST = 20_000;

  ChannelForm {
    typed = Map.copyOf(typed);
  }

  /** Reads a form; empty if its platform is none that there is. */
  static Optional<ChannelForm> of(String platform, Form form) {
    PackageSystem system;
    try {
      system = PackageSystems.installed().of(platform);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    Map<String, String> typed = new HashMap<>();
    Stream.concat(
            Stream.of("name", "agent", "driver", "security-only"),
            system.options().stream().map(ChannelForm::field))
        .forEach(field -> typed.put(field, form.raw(field)));
    return Optional.of(new ChannelForm(system, platform, typed));
  }

  static String field(SourceOption option) {
    return "option" + option.name();
  }

  List<Option> options() {
    return system.options().stream()
        .map(each ->
            new Option(
                field(each), title(each), each.label(), each.description(), each.repeatable()))
        .toList();
  }

  private static String title(SourceOption option) {
    String words = option.name().replaceFirst("^--", "").replace('-', ' ');
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  /**
   * A channel, or what is wrong.
   *
   * @param errors by field
   */
  record Outcome(Optional<Channel> channel, Map<String, String> errors, List<String> notes) {}

  /** Checks all of it, and finds as many errors as there are. */
  Outcome check(ChannelStore channels) throws InterruptedException {
    Map<String, String> errors = new LinkedHashMap<>();
    List<String> notes = new ArrayList<>();
    checkName(channels, errors);
    requireFiles(errors);
    Optional<List<PackageSource>> sources =
        errors.keySet().stream().anyMatch(field -> field.startsWith("option"))
            ? Optional.empty()
            : sources(errors, notes);
    Optional<Channel> channel = sources.flatMap(found -> channel(found, errors));
    return new Outcome(channel.filter(_ -> errors.isEmpty()), errors, notes);
  }

  private void checkName(ChannelStore channels, Map<String, String> errors) {
    String name = text("name");
    if (name.isEmpty()) {
      errors.put("name", "Give the channel a name.");
      return;
    }
    try {
      if (channels.find(name).isPresent()) {
        errors.put("name", "The channel %s exists already. Choose another name.".formatted(name));
      }
    } catch (ChannelException e) {
      errors.put("name", sentence(e));
    }
  }

  private void requireFiles(Map<String, String> errors) {
    for (SourceOption option : system.options()) {
      if (option.label().equals("DIR") && !lines(field(option)).isEmpty()) {
        errors.put(
            field(option),
            "The console can't name a directory of the server. Add the channel there, with regild"
                + " channel add.");
      }
      // Each line is a value of its own, so each has to be a key.
      if (option.label().equals("FILE")
          && !lines(field(option)).stream().allMatch(ChannelForm::isKey)) {
        errors.put(
            field(option),
            "Name a file in %s. For one elsewhere, use regild channel add on the server."
                .formatted(String.join(", ", KEYS)));
      }
      for (String value : lines(field(option))) {
        if (value.toLowerCase(Locale.ROOT).startsWith("file:")) {
          errors.put(
              field(option),
              "A repository on the server's own disk is added there, with regild channel add. Write"
                  + " an http or https URL.");
        } else if (value.length() > LONGEST) {
          errors.put(field(option), "The value is too long.");
        }
      }
    }
  }

  /** Without steps upwards: behind a symbolic link, they lead elsewhere than they seem to. */
  private static boolean isKey(String file) {
    try {
      Path path = Path.of(file);
      return path.isAbsolute()
          && path.equals(path.normalize())
          && KEYS.stream().anyMatch(path::startsWith);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private Optional<List<PackageSource>> sources(Map<String, String> errors, List<String> notes)
      throws InterruptedException {
    Map<String, List<String>> said = new HashMap<>();
    for (SourceOption option : system.options()) {
      List<String> values = lines(field(option));
      if (!values.isEmpty()) {
        said.put(option.name(), option.label().isEmpty() ? List.of() : values);
      }
    }
    try {
      List<PackageSource> found =
          system.sources(
              platform, new SourceOptions(said, false, line -> notes.add("Left out: " + line)));
      if (found.isEmpty()) {
        errors.put("", "Name at least one repository.");
        return Optional.empty();
      }
      found.forEach(each -> notes.add(each.text()));
      return Optional.of(found);
    } catch (IllegalArgumentException | ChannelException | IOException e) {
      errors.put(fieldOf(e), sentence(e));
      return Optional.empty();
    }
  }

  /** The option that a message names. */
  private String fieldOf(Exception e) {
    String message = String.valueOf(e.getMessage());
    return system.options().stream()
        .filter(option -> message.contains(option.name()))
        .map(ChannelForm::field)
        .findFirst()
        .orElse(
            system.options().stream()
                .filter(option -> !text(field(option)).isEmpty() && option.repeatable())
                .map(ChannelForm::field)
                .findFirst()
                .orElse(""));
  }

  private Optional<Channel> channel(List<PackageSource> sources, Map<String, String> errors) {
    try {
      return Optional.of(
          new Channel(
              errors.containsKey("name") ? "unnamed" : text("name"),
              platform,
              sources,
              lines("driver").isEmpty() ? system.driverPackages() : lines("driver"),
              lines("agent"),
              Channel.refreshInterval(sources),
              !text("security-only").isEmpty()));
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      String field =
          message.startsWith("agent-packages")
              ? "agent"
              : message.startsWith("driver-packages") ? "driver" : "";
      errors.putIfAbsent(field, sentence(e));
      return Optional.empty();
    }
  }

  private static String sentence(Exception e) {
    String message = String.valueOf(e.getMessage()).strip();
    String text = message.isEmpty() ? "This can't be used." : message;
    String start = text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    return start.endsWith(".") ? start : start + ".";
  }

  private String text(String field) {
    return typed.getOrDefault(field, "").strip();
  }

  private List<String> lines(String field) {
    return typed
        .getOrDefault(field, "")
        .lines()
        .map(String::strip)
        .filter(l -> !l.isEmpty())
        .toList();
  }

  /** The same as a command on the server's machine. */
  Commands command() {
    List<String> words = new ArrayList<>();
    words.add(
        "regild channel add " + Commands.quoted(text("name").isEmpty() ? "NAME" : text("name")));
    words.add("--platform " + Commands.quoted(platform));
    for (SourceOption option : system.options()) {
      for (String value : lines(field(option))) {
        words.add(
            option.label().isEmpty()
                ? option.name()
                : option.name() + " " + Commands.quoted(value));
      }
    }
    lines("agent").forEach(each -> words.add("--agent " + Commands.quoted(each)));
    lines("driver").forEach(each -> words.add("--driver " + Commands.quoted(each)));
    if (!text("security-only").isEmpty()) {
      words.add("--security-only");
    }
    return new Commands("", "", String.join(" \\\n    ", words));
  }
}
