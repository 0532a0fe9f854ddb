package dev.regild.cli.channel;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.SourceOption;
import dev.regild.channel.SourceOptions;
import dev.regild.cli.terminal.Printable;
import dev.regild.fetch.ClientCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Adds a channel. The options that make its sources are those of the package systems. */
@Command(
    name = "add",
    description = "Adds a channel and creates its first snapshot.",
    mixinStandardHelpOptions = true)
public final class AddChannelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @ParentCommand ChannelCommand channel = new ChannelCommand();

  @Parameters(
      paramLabel = "NAME",
      description = "The channel's name: lower-case letters, digits and hyphens.")
  String name = "";

  @Option(
      names = "--platform",
      paramLabel = "PLATFORM",
      defaultValue = "DEBIAN_12",
      description =
          "The platform of the images that the channel updates. Default:" + " ${DEFAULT-VALUE}.")
  String platform = "DEBIAN_12";

  @Option(
      names = "--client-cert",
      paramLabel = "FILE",
      description =
          "The client certificate (PEM) for the RPM repositories. It is"
              + " copied into the data directory.")
  @Nullable Path clientCertificate;

  @Option(
      names = "--client-key",
      paramLabel = "FILE",
      description = "The client certificate's private key (PEM), not encrypted.")
  @Nullable Path clientKey;

  @Option(
      names = "--agent",
      paramLabel = "PACKAGE",
      description = "The name of a package that belongs to the agent; may be repeated.")
  @Nullable List<String> agents;

  @Option(
      names = "--driver",
      paramLabel = "PATTERN",
      description =
          "The names of driver packages: * stands for any characters, ! in front excludes"
              + " packages; may be repeated. Default: kernels, headers, firmware, dkms,"
              + " graphics.")
  @Nullable List<String> drivers;

  @Option(
      names = "--security-only",
      description = "Install only security updates and what they need.")
  boolean securityOnly;

  @Option(names = "--no-refresh", description = "Do not create a snapshot now.")
  boolean noRefresh;

  /** Gives {@code regild channel add} the options of every package system. */
  public static void declareSourceOptions(CommandLine line) {
    CommandLine channel = line.getSubcommands().getOrDefault("channel", line);
    CommandLine add = channel.getSubcommands().get("add");
    if (add != null && add.getCommandSpec().userObject() instanceof AddChannelCommand) {
      options().values().forEach(option -> add.getCommandSpec().addOption(declared(option)));
    }
  }

  /** Each once, by its name: some systems have one in common. */
  private static Map<String, SourceOption> options() {
    Map<String, SourceOption> options = new LinkedHashMap<>();
    for (PackageSystem system : PackageSystems.installed().all()) {
      system.options().forEach(option -> options.putIfAbsent(option.name(), option));
    }
    return options;
  }

  private static OptionSpec declared(SourceOption option) {
    OptionSpec.Builder builder =
        OptionSpec.builder(option.name()).description(option.description());
    if (option.label().isEmpty()) {
      return builder.type(boolean.class).arity("0").build();
    }
    builder.paramLabel(option.label()).arity("1");
    return option.repeatable()
        ? builder.type(List.class).auxiliaryTypes(String.class).build()
        : builder.type(String.class).build();
  }

  @Override
  public Integer call() throws IOException, ChannelException, InterruptedException {
    PackageSystem system = PackageSystems.installed().of(platform);
    Map<String, List<String>> said = said();
    refuseForeign(said, system);
    SourceOptions told =
        new SourceOptions(
            said,
            clientCertificate != null,
            line -> channel.out().println("Left out: " + Printable.text(line)));
    List<PackageSource> sources = system.sources(platform, told);
    Channel added =
        new Channel(
            name,
            platform,
            sources,
            drivers == null ? system.driverPackages() : drivers,
            agents == null ? List.of() : agents,
            Channel.refreshInterval(sources),
            securityOnly);
    channel.channels().add(added, certificate(clientCertificate, clientKey, authority(told)));
    channel.out().println("Added " + name + ", in " + channel.data.resolve("channels") + ".");
    return noRefresh ? 0 : channel.refresh(List.of(name), RefreshOptions.NONE);
  }

  private Map<String, List<String>> said() {
    Map<String, List<String>> said = new HashMap<>();
    CommandLine.ParseResult parsed = spec.commandLine().getParseResult();
    for (SourceOption option : options().values()) {
      if (parsed.hasMatchedOption(option.name())) {
        said.put(option.name(), values(parsed, option));
      }
    }
    return said;
  }

  private static List<String> values(CommandLine.ParseResult parsed, SourceOption option) {
    if (option.label().isEmpty()) {
      return List.of();
    }
    return option.repeatable()
        ? parsed.matchedOptionValue(option.name(), List.of())
        : List.of(parsed.matchedOptionValue(option.name(), ""));
  }

  private void refuseForeign(Map<String, List<String>> said, PackageSystem system) {
    List<String> own = system.options().stream().map(SourceOption::name).toList();
    List<String> foreign =
        said.keySet().stream().filter(each -> !own.contains(each)).sorted().toList();
    if (!foreign.isEmpty()) {
      throw new IllegalArgumentException(
          "%s can't be used for %s; its options are %s."
              .formatted(
                  String.join(", ", foreign),
                  platform,
                  own.stream().sorted().collect(Collectors.joining(", "))));
    }
  }

  /** With a client certificate its authority is kept, too. */
  private static @Nullable Path authority(SourceOptions told) {
    String file = told.file(SourceOption.AUTHORITY.name());
    return file.isEmpty() ? null : Path.of(file);
  }

  private static Optional<ClientCertificate> certificate(
      @Nullable Path certificate, @Nullable Path key, @Nullable Path authority) {
    if (certificate != null && key != null) {
      return Optional.of(new ClientCertificate(certificate, key, Optional.ofNullable(authority)));
    }
    if (certificate != null || key != null) {
      throw new IllegalArgumentException(
          "A client certificate needs both --client-cert and --client-key.");
    }
    return Optional.empty();
  }
}
