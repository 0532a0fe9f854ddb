package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;

/** The names that apt gives to files and URIs (apt-pkg's strutl.cc and acquire-item.cc, 2.6). */
public final class AptNames {
  private AptNames() {}

  /** The file of apt's lists directory that holds what that URI has. */
  public static String listFile(String uri) {
    String withoutScheme = uri.replaceFirst("^[a-z]+:(//)?", "");
    return quoted(withoutScheme, "\\|{}[]<>\"^~_=!@#$%&*").replace('/', '_');
  }

  /** The name under which apt looks for a package in its archives directory. */
  public static String archiveFile(String name, String version, String architecture) {
    return quoted(name, "_:")
        + "_"
        + quoted(version, "_:")
        + "_"
        + quoted(architecture, "_:.")
        + ".deb";
  }

  /** The URI of a file, given by its path below the root of the repository. */
  public static String poolUri(String repository, String fileName) {
    return repository + "/" + quoted(fileName, "+~ ");
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

  private static String quoted(String text, String bad) {
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
