package dev.regild.channel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/** The root URI of a repository. */
public final class RepositoryUri {
  private static final Set<String> SCHEMES = Set.of("http", "https", "file");

  private RepositoryUri() {}

  /**
   * The URI without slashes at its end.
   *
   * @param key of the channel's file, for the message
   * @throws IllegalArgumentException if it is none that packages can come from
   */
  public static String checked(String key, String text) {
    return withoutTrailingSlash(checked(key, text, false));
  }

  /** The URI of a list of mirrors, which may have a query. */
  public static String checkedList(String key, String text) {
    return checked(key, text, true);
  }

  private static String checked(String key, String text, boolean query) {
    try {
      URI uri = new URI(text);
      boolean complete = "file".equals(uri.getScheme()) || uri.getHost() != null;
      if (SCHEMES.contains(String.valueOf(uri.getScheme()))
          && complete
          && uri.getPath() != null
          && uri.getUserInfo() == null
          && (query || uri.getQuery() == null)
          && uri.getFragment() == null) {
        return text;
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          key
              + ": '"
              + text
              + "' is not a valid URI: "
              + e.getReason()
              + "; write for example http://mirror.example/debian",
          e);
    }
    throw new IllegalArgumentException(
        key
            + ": '"
            + text
            + "' can't be used; write http://, https:// or file:/ and a path, without user name,"
            + (query ? " or fragment" : " query or fragment"));
  }

  private static String withoutTrailingSlash(String uri) {
    String result = uri;
    while (result.endsWith("/")) {
      result = result.substring(0, result.length() - 1);
    }
    return result;
  }
}
