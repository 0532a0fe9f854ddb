package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Users and passwords of repositories, in the form of apt_auth.conf(5): {@code machine
 * [https://]host[:port][/path] login USER password SECRET}. Without a scheme an entry is for https
 * only, without a port for the scheme's own. The first entry that fits counts. The file is read for
 * each request; only its owner may be able to read it.
 */
public final class CredentialsFile {
  public static final String NAME = "auth.conf";

  private static final Set<PosixFilePermission> OWNERS =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  /** A line of its own, or the end of one, as {@code pro attach} writes it. */
  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*#.*$|\\s# .*$");

  private final Path file;

  private CredentialsFile(Path file) {
    this.file = file;
  }

  static CredentialsFile in(Path data) {
    return new CredentialsFile(data.resolve(NAME));
  }

  /** Not a record: its text must never show the password. */
  private static final class Entry {
    private final URI machine;
    private String login = "";
    private String password = "";

    Entry(URI machine) {
      this.machine = machine;
    }

    boolean fits(URI uri) {
      String path = machine.getPath().replaceFirst("/+$", "");
      return machine.getScheme().equalsIgnoreCase(uri.getScheme())
          && machine.getHost().equalsIgnoreCase(uri.getHost())
          && port(machine) == port(uri)
          && (uri.getPath().equals(path) || uri.getPath().startsWith(path + "/"));
    }

    private static int port(URI uri) {
      if (uri.getPort() >= 0) {
        return uri.getPort();
      }
      return uri.getScheme().toLowerCase(Locale.ROOT).equals("https") ? 443 : 80;
    }
  }

  /**
   * The value of the header Authorization for a request; empty if no entry fits.
   *
   * @throws FetchException if the file is malformed, or others than its owner may read it
   */
  Optional<String> authorization(URI uri) throws FetchException {
    for (Entry entry : entries()) {
      if (entry.fits(uri)) {
        String pair = entry.login + ":" + entry.password;
        return Optional.of("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)));
      }
    }
    return Optional.empty();
  }

  private List<Entry> entries() throws FetchException {
    try {
      String text = Files.readString(file);
      if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
        throw new FetchException(file + " is readable by other users; run: chmod 600 " + file);
      }
      return parse(COMMENT.matcher(text).replaceAll(""));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new FetchException(file + " can't be read (" + e + "); fix its permissions", e);
    }
  }

  private List<Entry> parse(String text) throws FetchException {
    List<Entry> entries = new ArrayList<>();
    Iterator<String> words =
        List.of(text.strip().split("\\s+", -1)).stream().filter(w -> !w.isEmpty()).iterator();
    while (words.hasNext()) {
      String key = words.next();
      if (!words.hasNext()) {
        throw malformed(entries);
      }
      String value = words.next();
      if (key.equals("machine")) {
        entries.add(new Entry(machine(value, entries)));
      } else if (key.equals("login") && !entries.isEmpty()) {
        entries.getLast().login = value;
      } else if (key.equals("password") && !entries.isEmpty()) {
        entries.getLast().password = value;
      } else {
        throw malformed(entries);
      }
    }
    return entries;
  }

  private URI machine(String text, List<Entry> before) throws FetchException {
    try {
      URI uri = URI.create(text.contains("://") ? text : "https://" + text);
      if (uri.getHost() != null && uri.getScheme().matches("(?i)https?")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Its message would repeat the text, and in a file out of step that could be a password.
    }
    throw malformed(before);
  }

  private FetchException malformed(List<Entry> before) {
    return new FetchException(
        "entry "
            + (before.size() + 1)
            + " or the end of the one before it in "
            + file
            + " is malformed; write: machine HOST[/PATH] login USER password SECRET");
  }
}
