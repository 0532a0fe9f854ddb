package dev.regild.cli.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.MasterKey;
import dev.regild.cli.Regild;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With another registry than the server's, every object of the store would be garbage. */
class CheckStoreCommandTest {
  @TempDir Path directory;

  @Test
  void theDataDirectoryIsTheConfigurations() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    assertThat(check("data: " + data)).contains(data + " contains no registry");
    assertThat(check("data: " + directory, "--data", data.toString()))
        .contains(data + " contains no registry");
  }

  @Test
  void theDatabaseIsTheConfigurations() throws Exception {
    var _ = MasterKey.load(directory.resolve("master.key"), Optional.empty());
    assertThat(
            check("data: %s\ndatabase: postgresql://a:b@127.0.0.1:1/regild".formatted(directory)))
        .contains("The database postgresql://a@127.0.0.1:1/regild can't be reached");
  }

  @Test
  void aRegistryInAPostgresIsAskedFor() throws Exception {
    Files.writeString(directory.resolve("registry-id"), "1");
    Files.createFile(directory.resolve("regild.db"));
    assertThat(check("data: " + directory))
        .contains(
            "The registry of "
                + directory
                + " is in PostgreSQL. Name the database with --database URL");
  }

  private String check(String configuration, String... more) throws Exception {
    Path config = directory.resolve("regild.yaml");
    Files.writeString(config, configuration + "\nstore: s3://images/a\n");
    String[] line = {"store", "check", "--config", config.toString()};
    String[] all = new String[line.length + more.length];
    System.arraycopy(line, 0, all, 0, line.length);
    System.arraycopy(more, 0, all, line.length, more.length);
    StringWriter errors = new StringWriter();
    assertThat(Regild.run(new PrintWriter(new StringWriter()), new PrintWriter(errors, true), all))
        .isNotZero();
    return errors.toString();
  }
}
