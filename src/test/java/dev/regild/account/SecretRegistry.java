package dev.regild.account;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A database for secrets, with the master key in a file beside it. */
record SecretRegistry(Path directory, Database database) implements AutoCloseable {
  static SecretRegistry in(Path directory) throws IOException {
    return new SecretRegistry(directory, TestDatabases.open(directory.resolve("regild.db")));
  }

  MasterKey masterKey() throws IOException {
    return masterKey(Optional.empty());
  }

  /**
   * The master key.
   *
   * @param given in base64, in the place of the one in the file
   */
  MasterKey masterKey(Optional<String> given) throws IOException {
    return MasterKey.load(directory.resolve("master.key"), given);
  }

  /** No file of the database contains one of these secrets. */
  void assertNotInPlain(String... secrets) throws IOException {
    assumeFalse(TestDatabases.isPostgres(), "the files are SQLite's");
    try (var files = Files.list(directory)) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("regild.db")))
          .hasSizeGreaterThan(1)
          .allSatisfy(
              file -> assertThat(Files.readString(file, ISO_8859_1)).doesNotContain(secrets));
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
