package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An auth.conf is read, or refused. */
class CredentialsFileFuzzTest {
  private static final Path DIRECTORY = directory();

  private static Path directory() {
    try {
      Path directory = Files.createTempDirectory("regild-fuzz");
      Path file =
          Files.createFile(
              directory.resolve(CredentialsFile.NAME),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      directory.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            # a comment
            machine https://a.example:8443/debian login me password secret
            machine b.example login you # another
              password other
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      Files.write(DIRECTORY.resolve(CredentialsFile.NAME), bytes);
      CredentialsFile.in(DIRECTORY).authorization(URI.create("https://a.example:8443/debian/x"));
    } catch (FetchException refused) {
      // As it should be.
    }
  }
}
