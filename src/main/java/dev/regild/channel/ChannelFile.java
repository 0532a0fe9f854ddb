package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.Route;
import dev.regild.plan.UpdateOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A channel as a YAML file, named after it. Keys are in kebab case:
 *
 * <pre>{@code
 * platform: DEBIAN_12
 * sources:
 *   - uris: [http://mirror.example/debian]
 *     suites: [bookworm, bookworm-updates]
 *     components: [main]
 *     architectures: [amd64]                 # default: this machine's
 *     signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
 *     check-valid-until: false               # for archives that have expired; default: true
 *     allow-sha1-keys: true                  # also where apt refuses them; default: false
 *     proxy: http://proxy.example:3128       # or none; default: as the environment says
 *     ca-cert: /etc/regild/authority.pem     # default: those that Java trusts
 * driver-packages: [linux-image-*, "*-dkms"] # default: Channel.DEFAULT_DRIVER_PACKAGES
 * agent-packages: [example-agent]            # default: none
 * refresh-interval: 1h                       # s, m, h or d; default: 1h
 * security-only: true                        # only security fixes; default: false
 * allow-removals: true                       # of what was installed by hand; default: false
 * skip-hooks: true                           # leave the images' hooks of apt out; default: false
 * }</pre>
 *
 * A source of RPM packages has other keys:
 *
 * <pre>{@code
 * sources:
 *   - kind: repomd                           # default: apt
 *     baseurl: https://mirror.example/rocky/8/BaseOS/x86_64/os
 *                                            # or mirrorlist: or metalink:, and the URI of one
 *     architecture: x86_64                   # default: this machine's
 *     gpgkey: /etc/pki/rpm-gpg/RPM-GPG-KEY   # of repomd.xml; default: none, for https and file
 *     module_hotfixes: true                  # whatever streams are chosen; default: false
 *                                            # proxy and ca-cert as above
 * }</pre>
 *
 * A Windows channel has its own catalogue, alone or beside a server of updates, and may follow
 * agents:
 *
 * <pre>{@code
 * sources:
 *   - kind: catalogue
 *     architecture: amd64                    # default; or arm64, x86
 * }</pre>
 *
 * <pre>{@code
 * sources:
 *   - kind: wsus
 *     url: https://sws.update.microsoft.com  # default; or a WSUS: https://wsus.example:8531
 *     architecture: amd64                    # default; or arm64, x86
 *     products: [Windows 11]
 *     classifications: [Security Updates]    # default: Critical, Security Updates, Updates,
 *                                            # Update Rollups
 *     driver-products: [Windows 11 Drivers]  # for the images' devices; default: none
 *     fetch-ahead: true                      # files before an update needs them; default: false
 *     insecure-http: true                    # for a WSUS with http; default: false
 *     fetch-from-microsoft: true             # files that the WSUS doesn't have; default: false
 *     signed-by: /etc/regild/roots.pem       # default: Microsoft's
 *                                            # proxy and ca-cert as above
 *   - kind: winget-manifest                  # its agents; beside either of the two
 *     directory: /srv/winget-pkgs
 *     packages: [Publisher.Package]
 *     architecture: amd64                    # default; as that of the other
 *                                            # proxy and ca-cert as above
 * }</pre>
 */
public final class ChannelFile {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final Pattern PLATFORM =
      Pattern.compile("^platform:[ \\t]*[\"']?(\\w+)", Pattern.MULTILINE);
  private static final Set<String> KEYS =
      Set.of(
          "platform",
          "sources",
          "driver-packages",
          "agent-packages",
          "refresh-interval",
          "security-only",
          "allow-removals",
          "skip-hooks");

  /** Of a source that doesn't name its kind. */
  private static final String DEFAULT_KIND = "apt";

  private ChannelFile() {}

  /** What a file is. */
  sealed interface Content {}

  /** A channel. */
  record Usable(Channel channel) implements Content {}

  /**
   * None that can be used.
   *
   * @param why with the file, the key and the remedy
   * @param platform which the channel is for, if that at least is clear
   * @param isRead whether the cause is in the file's text, so that the same text has it again
   */
  record Unusable(String why, Optional<String> platform, boolean isRead) implements Content {}

  static Content read(String name, Path file, PackageSystems systems) {
    byte[] text;
    try {
      text = Files.readAllBytes(file);
    } catch (IOException e) {
      String why = file + " can't be read (" + e + "); fix its permissions";
      return new Unusable(why, Optional.empty(), false);
    }
    try {
      return new Usable(channel(name, YAML.readTree(text), systems));
    } catch (IllegalArgumentException e) {
      return new Unusable(file + ": " + e.getMessage(), platform(text, systems), true);
    } catch (JacksonException e) {
      String line = e.getLocation() == null ? "?" : "" + e.getLocation().getLineNr();
      String why = file + " is not valid YAML: " + e.getOriginalMessage() + " (line " + line + ")";
      return new Unusable(why, platform(text, systems), true);
    }
  }

  /** Where the rest makes no sense, by its line alone: the one, if there is no other. */
  private static Optional<String> platform(byte[] text, PackageSystems systems) {
    List<String> named =
        PLATFORM.matcher(new String(text, UTF_8)).results().map(line -> line.group(1)).toList();
    return named.size() == 1
        ? named.stream().filter(name -> systems.find(name).isPresent()).findFirst()
        : Optional.empty();
  }

  private static Channel channel(String name, JsonNode root, PackageSystems systems) {
    SourceKeys keys = new SourceKeys(root).only(KEYS);
    List<PackageSource> sources = new ArrayList<>();
    JsonNode list = root.path("sources");
    if (!list.isArray()) {
      throw new IllegalArgumentException("sources: must be a list of repositories");
    }
    for (int i = 0; i < list.size(); i++) {
      sources.add(source("sources[" + i + "].", list.path(i), systems));
    }
    return new Channel(
        name,
        keys.text("platform"),
        sources,
        keys.texts("driver-packages", defaultDrivers(sources)),
        keys.texts("agent-packages", List.of()),
        root.has("refresh-interval")
            ? interval(keys.text("refresh-interval"))
            : Channel.refreshInterval(sources),
        keys.flag("security-only", false),
        new UpdateOptions(keys.flag("allow-removals", false), keys.flag("skip-hooks", false)));
  }

  private static List<String> defaultDrivers(List<PackageSource> sources) {
    return sources.isEmpty() ? List.of() : sources.getFirst().system().driverPackages();
  }

  public static String write(Channel channel) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("platform", channel.platform());
    root.put("sources", channel.sources().stream().map(ChannelFile::tree).toList());
    root.put("driver-packages", channel.driverPackages());
    root.put("agent-packages", channel.agentPackages());
    root.put("refresh-interval", channel.refreshInterval().toSeconds() + "s");
    if (channel.securityOnly()) {
      root.put("security-only", true);
    }
    if (channel.options().allowRemovals()) {
      root.put("allow-removals", true);
    }
    if (channel.options().skipHooks()) {
      root.put("skip-hooks", true);
    }
    return YAML.writeValueAsString(root);
  }

  private static Map<String, Object> tree(PackageSource source) {
    Map<String, Object> tree = new LinkedHashMap<>();
    if (!source.kind().equals(DEFAULT_KIND)) {
      tree.put("kind", source.kind());
    }
    tree.putAll(source.keys());
    Route route = source.route();
    if (!route.proxy().isEmpty()) {
      tree.put("proxy", route.proxy());
    }
    if (!route.authority().isEmpty()) {
      tree.put("ca-cert", route.authority());
    }
    return tree;
  }

  private static PackageSource source(String path, JsonNode node, PackageSystems systems) {
    try {
      if (!node.isObject()) {
        throw new IllegalArgumentException("kind: is missing, as is every other key; add them");
      }
      SourceKeys keys = new SourceKeys(node);
      return systems.ofKind(keys.text("kind", DEFAULT_KIND)).source(keys);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path + e.getMessage(), e);
    }
  }

  private static Duration interval(String text) {
    try {
      String upper = text.strip().toUpperCase(Locale.ROOT);
      return Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "refresh-interval: '" + text + "' is not a duration; write for example 30m, 1h or 1d", e);
    }
  }
}
