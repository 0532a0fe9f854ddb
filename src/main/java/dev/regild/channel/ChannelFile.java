package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.apt.AptSource;
import dev.regild.fetch.Route;
import dev.regild.plan.PlatformType;
import dev.regild.plan.UpdateOptions;
import dev.regild.rpm.RpmSource;
import dev.regild.windows.catalogue.CatalogueSource;
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
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
 * security-only: true                        # only what mends security; default: false
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
 * A Windows channel has one source, its own catalogue:
 *
 * <pre>{@code
 * sources:
 *   - kind: catalogue
 *     architecture: amd64                    # default; or arm64, x86
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
  private static final Set<String> APT_KEYS =
      Set.of(
          "kind",
          "uris",
          "suites",
          "components",
          "architectures",
          "signed-by",
          "check-valid-until",
          "allow-sha1-keys",
          "proxy",
          "ca-cert");
  private static final Set<String> REPOMD_KEYS =
      Set.of(
          "kind",
          "baseurl",
          "mirrorlist",
          "metalink",
          "architecture",
          "gpgkey",
          "module_hotfixes",
          "proxy",
          "ca-cert");

  private static final Set<String> CATALOGUE_KEYS = Set.of("kind", "architecture");

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

  public static Content read(String name, Path file) {
    byte[] text;
    try {
      text = Files.readAllBytes(file);
    } catch (IOException e) {
      String why = file + " can't be read (" + e + "); fix its permissions";
      return new Unusable(why, Optional.empty(), false);
    }
    try {
      return new Usable(channel(name, YAML.readTree(text)));
    } catch (IllegalArgumentException e) {
      return new Unusable(file + ": " + e.getMessage(), platform(text), true);
    } catch (JacksonException e) {
      String line = e.getLocation() == null ? "?" : "" + e.getLocation().getLineNr();
      String why = file + " is not valid YAML: " + e.getOriginalMessage() + " (line " + line + ")";
      return new Unusable(why, platform(text), true);
    }
  }

  /** Where the rest makes no sense, by its line alone: the one, if there is no other. */
  private static Optional<String> platform(byte[] text) {
    List<String> named =
        PLATFORM.matcher(new String(text, UTF_8)).results().map(line -> line.group(1)).toList();
    return named.size() == 1
        ? named.stream().filter(name -> PlatformType.find(name).isPresent()).findFirst()
        : Optional.empty();
  }

  private static Channel channel(String name, JsonNode root) {
    refuseUnknownKeys(root, KEYS);
    List<PackageSource> sources = new ArrayList<>();
    JsonNode list = root.path("sources");
    if (!list.isArray()) {
      throw new IllegalArgumentException("sources: must be a list of repositories");
    }
    for (int i = 0; i < list.size(); i++) {
      sources.add(source("sources[" + i + "].", list.path(i)));
    }
    return new Channel(
        name,
        text(root, "platform"),
        sources,
        texts(root, "driver-packages", Channel.defaultDriverPackages(text(root, "platform"))),
        texts(root, "agent-packages", List.of()),
        root.has("refresh-interval")
            ? interval(text(root, "refresh-interval"))
            : Channel.DEFAULT_REFRESH_INTERVAL,
        flag(root, "security-only", false),
        new UpdateOptions(flag(root, "allow-removals", false), flag(root, "skip-hooks", false)));
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
    switch (source) {
      case AptSource apt -> {
        tree.put("uris", apt.uris());
        tree.put("suites", apt.suites());
        if (!apt.components().isEmpty()) {
          tree.put("components", apt.components());
        }
        tree.put("architectures", apt.architectures());
        tree.put("signed-by", apt.signedBy());
        if (!apt.checkValidUntil()) {
          tree.put("check-valid-until", false);
        }
        if (apt.allowSha1Keys()) {
          tree.put("allow-sha1-keys", true);
        }
      }
      case CatalogueSource catalogue -> {
        tree.put("kind", "catalogue");
        tree.put("architecture", catalogue.architecture());
      }
      case RpmSource rpm -> {
        tree.put("kind", "repomd");
        tree.put(rpm.locator().key(), rpm.uri());
        tree.put("architecture", rpm.architecture());
        if (!rpm.gpgKey().isEmpty()) {
          tree.put("gpgkey", rpm.gpgKey());
        }
        if (rpm.moduleHotfixes()) {
          tree.put("module_hotfixes", true);
        }
      }
      default -> throw new IllegalStateException("unknown source " + source);
    }
    Route route = source.route();
    if (!route.proxy().isEmpty()) {
      tree.put("proxy", route.proxy());
    }
    if (!route.authority().isEmpty()) {
      tree.put("ca-cert", route.authority());
    }
    return tree;
  }

  private static PackageSource source(String path, JsonNode node) {
    try {
      if (!node.isObject()) {
        throw new IllegalArgumentException("kind: is missing, as is every other key; add them");
      }
      String kind = text(node, "kind", "apt");
      return switch (kind) {
        case "apt" -> aptSource(node);
        case "repomd" -> rpmSource(node);
        case "catalogue" -> catalogueSource(node);
        default ->
            throw new IllegalArgumentException(
                "kind: '" + kind + "' is not a kind; it must be apt, repomd or catalogue");
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path + e.getMessage(), e);
    }
  }

  private static AptSource aptSource(JsonNode node) {
    refuseUnknownKeys(node, APT_KEYS);
    return new AptSource(
        texts(node, "uris", List.of()),
        texts(node, "suites", List.of()),
        texts(node, "components", List.of()),
        texts(node, "architectures", List.of(AptSource.hostArchitecture())),
        text(node, "signed-by"),
        flag(node, "check-valid-until", true),
        flag(node, "allow-sha1-keys", false),
        route(node));
  }

  private static Route route(JsonNode node) {
    return new Route(text(node, "proxy", ""), text(node, "ca-cert", ""));
  }

  private static CatalogueSource catalogueSource(JsonNode node) {
    refuseUnknownKeys(node, CATALOGUE_KEYS);
    return new CatalogueSource(text(node, "architecture", CatalogueSource.DEFAULT_ARCHITECTURE));
  }

  private static RpmSource rpmSource(JsonNode node) {
    refuseUnknownKeys(node, REPOMD_KEYS);
    List<RpmSource.Locator> locators =
        Stream.of(RpmSource.Locator.values()).filter(each -> node.has(each.key())).toList();
    if (locators.size() != 1) {
      throw new IllegalArgumentException(
          "exactly one of baseurl, mirrorlist and metalink is required; add or remove keys");
    }
    RpmSource.Locator locator = locators.getFirst();
    return new RpmSource(
        locator,
        text(node, locator.key()),
        text(node, "architecture", RpmSource.hostArchitecture()),
        text(node, "gpgkey", ""),
        flag(node, "module_hotfixes", false),
        route(node));
  }

  private static void refuseUnknownKeys(JsonNode node, Set<String> known) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("must hold keys and values: " + sorted(known));
    }
    for (String key : node.propertyNames()) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            key + ": is not a channel key; remove it, or change it to one of " + sorted(known));
      }
    }
  }

  private static String sorted(Set<String> keys) {
    return String.join(", ", new TreeSet<>(keys));
  }

  private static String text(JsonNode node, String key, String defaultText) {
    return node.has(key) ? text(node, key) : defaultText;
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isString()) {
      throw new IllegalArgumentException(
          key + (node.has(key) ? ": must be a string" : ": is missing; add it"));
    }
    return value.stringValue();
  }

  private static List<String> texts(JsonNode node, String key, List<String> defaults) {
    if (!node.has(key)) {
      return defaults;
    }
    JsonNode value = node.path(key);
    List<String> result = new ArrayList<>();
    for (JsonNode each : value.values()) {
      if (each.isString()) {
        result.add(each.stringValue());
      }
    }
    if (!value.isArray() || result.size() != value.size()) {
      throw new IllegalArgumentException(
          key + ": must be a list of strings, for example [one, two]");
    }
    return result;
  }

  private static boolean flag(JsonNode node, String key, boolean otherwise) {
    JsonNode value = node.path(key);
    if (node.has(key) && !value.isBoolean()) {
      throw new IllegalArgumentException(key + ": must be true or false");
    }
    return value.asBoolean(otherwise);
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
