package dev.regild.windows.upstream;

import dev.regild.fetch.Route;
import dev.regild.windows.catalogue.CatalogueSource;
import dev.regild.windows.catalogue.FollowedSource;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A server of updates of Windows: Microsoft's, or a WSUS. The channel also has a catalogue of its
 * own, to which its owner adds drivers and agents.
 *
 * @param url the server's root: {@code https://sws.update.microsoft.com}, {@code
 *     https://wsus.example:8531}
 * @param architecture of the machines: {@code amd64}, {@code arm64} or {@code x86}
 * @param products names or ids
 * @param classifications names or ids
 * @param driverProducts names or ids of products of drivers; with none, no drivers are followed
 * @param insecureHttp whether the URL may be http
 * @param fetchFromMicrosoft whether files that a WSUS does not have come from Microsoft
 * @param fetchesAhead whether files are downloaded before an update needs them
 * @param signedBy the absolute path of a PEM file with the roots of those who sign the files; empty
 *     for Microsoft's
 * @param route how the server is reached
 */
public record WsusSource(
    String url,
    String architecture,
    List<String> products,
    List<String> classifications,
    List<String> driverProducts,
    boolean insecureHttp,
    boolean fetchFromMicrosoft,
    boolean fetchesAhead,
    String signedBy,
    Route route)
    implements FollowedSource {
  /** Its kind in a channel's file. */
  public static final String KIND = "wsus";

  /** Microsoft's own server. */
  public static final String MICROSOFT = "https://sws.update.microsoft.com";

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public WsusSource {
    products = List.copyOf(products);
    classifications = List.copyOf(classifications);
    driverProducts = List.copyOf(driverProducts);
    var _ = new CatalogueSource(architecture);
    url = root(url, insecureHttp);
    if (products.isEmpty()) {
      throw new IllegalArgumentException("products: is empty; name at least one product");
    }
    if (classifications.isEmpty()) {
      throw new IllegalArgumentException(
          "classifications: is empty; name at least one classification");
    }
    products.forEach(each -> Categories.id("products", each, Categories.known().products()));
    classifications.forEach(
        each -> Categories.id("classifications", each, Categories.known().classifications()));
    driverProducts.forEach(
        each -> Categories.id("driver-products", each, Categories.known().drivers()));
    if (!driverProducts.isEmpty() && !url.equals(MICROSOFT)) {
      throw new IllegalArgumentException(
          "driver-products: only Microsoft's server finds drivers by devices; remove the key, or"
              + " follow "
              + MICROSOFT);
    }
    if (!signedBy.isEmpty() && !signedBy.startsWith("/")) {
      throw new IllegalArgumentException(
          "signed-by: '" + signedBy + "' is not absolute; write the whole path of a PEM file");
    }
  }

  /** A source that follows no drivers. */
  public WsusSource(
      String url,
      String architecture,
      List<String> products,
      List<String> classifications,
      boolean insecureHttp,
      boolean fetchFromMicrosoft,
      String signedBy,
      Route route) {
    this(
        url,
        architecture,
        products,
        classifications,
        List.of(),
        insecureHttp,
        fetchFromMicrosoft,
        false,
        signedBy,
        route);
  }

  private static String root(String url, boolean insecureHttp) {
    URI parsed;
    try {
      parsed = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("url: '" + url + "' is malformed; correct it", e);
    }
    String scheme = String.valueOf(parsed.getScheme());
    boolean root =
        parsed.getHost() != null
            && parsed.getUserInfo() == null
            && parsed.getQuery() == null
            && parsed.getFragment() == null
            && List.of("", "/").contains(parsed.getPath());
    if (!root || !Set.of("http", "https").contains(scheme)) {
      throw new IllegalArgumentException(
          "url: '"
              + url
              + "' is not the root of a server; write for example https://wsus.example:8531");
    }
    if (scheme.equals("http") && !insecureHttp) {
      throw new IllegalArgumentException(
          "url: anybody on the way can change what "
              + url
              + " says; use https, or accept it with insecure-http: true (--insecure-http)");
    }
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** Returns the names of the products of a platform. */
  public static List<String> usualProducts(String platform) {
    return Categories.known().platforms().getOrDefault(platform, List.of());
  }

  /** Returns the names of the products of drivers of a platform. */
  public static List<String> usualDriverProducts(String platform) {
    return Categories.known().driversOfPlatforms().getOrDefault(platform, List.of());
  }

  /** Returns the names of the classifications that a channel has, if nobody says. */
  public static List<String> usualClassifications() {
    return Categories.known().usual();
  }

  Set<UUID> productIds() {
    return ids(products, Categories.known().products());
  }

  Set<UUID> classificationIds() {
    return ids(classifications, Categories.known().classifications());
  }

  Set<UUID> driverProductIds() {
    return ids(driverProducts, Categories.known().drivers());
  }

  private static Set<UUID> ids(List<String> names, Map<String, UUID> known) {
    return names.stream()
        .map(each -> Categories.id("products", each, known))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Returns the server's root as a URI that ends with a slash. */
  URI root() {
    return URI.create(url + "/");
  }

  /** Whether it is Microsoft's own server. */
  boolean isMicrosoft() {
    return url.equals(MICROSOFT);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Map<String, Object> keys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("url", url);
    keys.put("architecture", architecture);
    keys.put("products", products);
    keys.put("classifications", classifications);
    if (!driverProducts.isEmpty()) {
      keys.put("driver-products", driverProducts);
    }
    if (insecureHttp) {
      keys.put("insecure-http", true);
    }
    if (fetchFromMicrosoft) {
      keys.put("fetch-from-microsoft", true);
    }
    if (fetchesAhead) {
      keys.put("fetch-ahead", true);
    }
    if (!signedBy.isEmpty()) {
      keys.put("signed-by", signedBy);
    }
    return keys;
  }

  @Override
  public String text() {
    List<String> words = new ArrayList<>();
    words.add((isMicrosoft() ? "Microsoft, " : "WSUS ") + url);
    if (isInsecure()) {
      words.add("insecure http");
    }
    words.add(architecture);
    words.add(String.join(", ", products));
    words.add("classifications " + String.join(", ", classifications));
    if (fetchesAhead) {
      words.add("files are fetched ahead");
    }
    if (!driverProducts.isEmpty()) {
      words.add("drivers of " + String.join(", ", driverProducts));
    }
    return String.join("; ", words);
  }

  @Override
  public boolean isInsecure() {
    return url.startsWith("http:");
  }
}
