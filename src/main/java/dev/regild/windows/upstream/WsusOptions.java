package dev.regild.windows.upstream;

import dev.regild.channel.PackageSource;
import dev.regild.channel.SourceKeys;
import dev.regild.channel.SourceOption;
import dev.regild.channel.SourceOptions;
import dev.regild.windows.catalogue.CatalogueSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The keys of a server of updates in a channel's file, and the options that make one. */
public final class WsusOptions {
  private static final SourceOption FROM_MICROSOFT =
      new SourceOption(
          "--from-microsoft",
          "",
          "Follow Microsoft's own update server (" + WsusSource.MICROSOFT + ").");

  private static final SourceOption WSUS =
      new SourceOption(
          "--wsus", "URL", "Follow a WSUS server, for example https://wsus.example:8531.");

  private static final SourceOption PRODUCT =
      new SourceOption(
          "--product",
          "NAME",
          "A product of a WSUS, by name or id; may be repeated. Default: those of the platform.",
          true);

  private static final SourceOption CLASSIFICATION =
      new SourceOption(
          "--classification",
          "NAME",
          "A classification of a WSUS, by name or id; may be repeated. Default: Critical Updates,"
              + " Security Updates, Updates, Update Rollups.",
          true);

  private static final SourceOption DRIVERS =
      new SourceOption(
          "--drivers",
          "",
          "With --from-microsoft: also follow the drivers for the devices of the images,"
              + " from the platform's usual driver products.");

  private static final SourceOption DRIVER_PRODUCT =
      new SourceOption(
          "--driver-product",
          "NAME",
          "With --from-microsoft: also follow the drivers of a product, by name or id; may be"
              + " repeated. Default: none.",
          true);

  private static final SourceOption INSECURE =
      new SourceOption(
          "--insecure-http",
          "",
          "Accept a --wsus URL with http, although anybody on the network path can change its"
              + " answers.");

  private static final SourceOption FETCH =
      new SourceOption(
          "--fetch-from-microsoft",
          "",
          "Download files that the --wsus server does not have from Microsoft.");

  private static final SourceOption AHEAD =
      new SourceOption(
          "--fetch-ahead",
          "",
          "After each refresh, download the files that updates of the images would need, up to the"
              + " server's prefetch.size.");

  private static final SourceOption SIGNED_BY =
      new SourceOption(
          "--signing-roots",
          "FILE",
          "The certificates (PEM) that the signatures of --wsus files must lead to. Default:"
              + " Microsoft's.");

  /** What is said of a server, whichever it is. */
  private static final List<SourceOption> OF_A_SERVER =
      List.of(PRODUCT, CLASSIFICATION, DRIVERS, DRIVER_PRODUCT, INSECURE, FETCH, AHEAD, SIGNED_BY);

  private static final Set<String> KEYS =
      Set.of(
          "kind",
          "url",
          "architecture",
          "products",
          "classifications",
          "driver-products",
          "insecure-http",
          "fetch-from-microsoft",
          "fetch-ahead",
          "signed-by",
          "proxy",
          "ca-cert");

  private WsusOptions() {}

  /** Returns every option of a Windows channel. */
  public static List<SourceOption> all(SourceOption architecture) {
    List<SourceOption> all = new ArrayList<>(List.of(architecture, FROM_MICROSOFT, WSUS));
    all.addAll(OF_A_SERVER);
    all.addAll(List.of(SourceOption.PROXY, SourceOption.AUTHORITY));
    return List.copyOf(all);
  }

  /**
   * Reads a source of a channel's file.
   *
   * @throws IllegalArgumentException if it can't be used; the message begins with the key
   */
  public static WsusSource source(SourceKeys keys) {
    keys.only(KEYS);
    return new WsusSource(
        keys.text("url", WsusSource.MICROSOFT),
        keys.text("architecture", CatalogueSource.DEFAULT_ARCHITECTURE),
        keys.texts("products", List.of()),
        keys.texts("classifications", WsusSource.usualClassifications()),
        keys.texts("driver-products", List.of()),
        keys.flag("insecure-http", false),
        keys.flag("fetch-from-microsoft", false),
        keys.flag("fetch-ahead", false),
        keys.text("signed-by", ""),
        keys.route());
  }

  /**
   * Makes a source of what the options say.
   *
   * @param otherServers whether the options name servers of agents, to which the route applies too
   * @return empty if they name no server
   * @throws IllegalArgumentException if they don't fit together; the message names the option
   */
  public static Optional<PackageSource> source(
      String platform, String architecture, SourceOptions told, boolean otherServers) {
    Optional<String> wsus = told.last(WSUS.name());
    boolean microsoft = told.has(FROM_MICROSOFT.name());
    if (wsus.isPresent() && microsoft) {
      throw new IllegalArgumentException(
          "--from-microsoft and --wsus exclude each other; name one of them.");
    }
    if (wsus.isEmpty() && !microsoft) {
      refuse(told, OF_A_SERVER);
      if (!otherServers) {
        refuse(told, List.of(SourceOption.PROXY, SourceOption.AUTHORITY));
      }
      return Optional.empty();
    }
    if (microsoft) {
      refuse(told, List.of(INSECURE, FETCH));
    } else if (told.has(DRIVERS.name()) || told.has(DRIVER_PRODUCT.name())) {
      throw new IllegalArgumentException(
          "%s needs --from-microsoft, since only Microsoft's server finds drivers by devices; leave the option out."
              .formatted((told.has(DRIVERS.name()) ? DRIVERS : DRIVER_PRODUCT).name()));
    }
    try {
      return Optional.of(
          new WsusSource(
              wsus.orElse(WsusSource.MICROSOFT),
              architecture,
              orElse(told.all(PRODUCT.name()), WsusSource.usualProducts(platform)),
              orElse(told.all(CLASSIFICATION.name()), WsusSource.usualClassifications()),
              driverProducts(platform, told),
              told.has(INSECURE.name()),
              told.has(FETCH.name()),
              told.has(AHEAD.name()),
              told.file(SIGNED_BY.name()),
              told.route()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + ".", e);
    }
  }

  private static List<String> driverProducts(String platform, SourceOptions told) {
    Set<String> products = new LinkedHashSet<>();
    if (told.has(DRIVERS.name())) {
      products.addAll(WsusSource.usualDriverProducts(platform));
    }
    products.addAll(told.all(DRIVER_PRODUCT.name()));
    return List.copyOf(products);
  }

  private static List<String> orElse(List<String> said, List<String> usual) {
    return said.isEmpty() ? usual : said;
  }

  private static void refuse(SourceOptions told, List<SourceOption> options) {
    List<String> said = new ArrayList<>();
    for (SourceOption each : options) {
      if (told.has(each.name())) {
        said.add(each.name());
      }
    }
    if (!said.isEmpty()) {
      throw new IllegalArgumentException(
          "%s needs --wsus URL%s; add it, or leave %s out."
              .formatted(
                  String.join(", ", said),
                  said.contains(INSECURE.name()) || said.contains(FETCH.name())
                      ? ""
                      : " or --from-microsoft",
                  said.size() == 1 ? "the option" : "the options"));
    }
  }
}
