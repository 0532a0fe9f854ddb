package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.PrivateDirectory;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes what is exchanged with a server into a directory, a file for each message: {@code
 * 0003-GetCookie.request.xml}. Cookies and the account are replaced by {@code REMOVED}; no header
 * is written.
 */
final class Recording {
  private static final Pattern SECRETS =
      Pattern.compile(
          "(?s)(<((?:[\\w.-]+:)?(?:CookieData|EncryptedData|accountGuid))(?:\\s[^>]*)?>).*?(</\\2\\s*>|\\z)");

  /** Their answers have secrets, and are small. */
  private static final Set<String> SECRET_ANSWERS = Set.of("GetAuthorizationCookie", "GetCookie");

  private final Path directory;
  private final AtomicInteger count = new AtomicInteger();

  private Recording(Path directory) {
    this.directory = directory;
  }

  /**
   * Begins a recording.
   *
   * @param directory is made if it is missing
   * @throws IOException if it can't be written to, or has something in it
   */
  static Recording in(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        if (files.findAny().isPresent()) {
          throw new IOException(directory + " is not empty; name a new directory for --record");
        }
      }
    } else {
      PrivateDirectory.take(directory);
    }
    return new Recording(directory);
  }

  /** Writes a request, and returns the answer so that it is written as it is read. */
  InputStream exchange(String operation, byte[] request, InputStream answer) throws IOException {
    String name = String.format(Locale.ROOT, "%04d-%s.", count.incrementAndGet(), operation);
    Files.writeString(directory.resolve(name + "request.xml"), cleaned(new String(request, UTF_8)));
    Path file = directory.resolve(name + "response.xml");
    if (SECRET_ANSWERS.contains(operation)) {
      byte[] whole = answer.readAllBytes();
      Files.writeString(file, cleaned(new String(whole, UTF_8)));
      return new ByteArrayInputStream(whole);
    }
    return new Copied(answer, Files.newOutputStream(file));
  }

  private static String cleaned(String message) {
    return SECRETS.matcher(message).replaceAll("$1REMOVED$3");
  }

  private static final class Copied extends FilterInputStream {
    private final OutputStream copy;

    Copied(InputStream in, OutputStream copy) {
      super(in);
      this.copy = copy;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = in.read(buffer, offset, length);
      if (count > 0) {
        copy.write(buffer, offset, count);
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      try (copy) {
        super.close();
      }
    }
  }
}
