package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Set;

/** The root URI of a repository. */
public final class RepositoryUri {
  private static final Set<String> SCHEMES = Set.of("http", "https", "file");

  private RepositoryUri() {}

  /**
   * The URI without slashes at its end.
   *
   * @param key of the channel's file, for the message
   * @throws IllegalArgumentException if packages cannot come from it
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

  /** The two spellings of a file URI made one, and percent-escapes taken back. */
  public static String comparable(String uri) {
    String plain = uri.replaceFirst("^file:/+", "file:/").replace("+", "%2b");
    try {
      return URLDecoder.decode(plain, UTF_8);
    } catch (IllegalArgumentException e) {
      // A stray percent sign: such a URI is compared as it stands, and matches nothing.
      return uri;
    }
  }

  /** Returns the name of a snapshot's file that holds what that URI has, as apt names it. */
  public static String listFile(String uri) {
    String withoutScheme = uri.replaceFirst("^[a-z]+:(//)?", "");
    return quoted(withoutScheme, "\\|{}[]<>\"^~_=!@#$%&*").replace('/', '_');
  }

  /** Escapes spaces, control characters and those that are bad, as apt does. */
  public static String quoted(String text, String bad) {
    StringBuilder result = new StringBuilder(text.length() + 16);
    for (byte each : text.getBytes(UTF_8)) {
      int c = each & 0xff;
      if (c <= 0x20 || c >= 0x7f || c == '%' || bad.indexOf(c) >= 0) {
        result.append(String.format("%%%02x", c));
      } else {
        result.append((char) c);
      }
    }
    return result.toString();
  }
}
