package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.server.config.Config;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InitCommandTest {
  @TempDir Path directory;

  private final StringWriter said = new StringWriter();

  private int init(InitCommand command, String... options) {
    List<String> all = new ArrayList<>(List.of("--config", file().toString()));
    all.addAll(List.of(options));
    var out = new PrintWriter(said, true);
    return Regild.execute(new CommandLine(command), out, out, all.toArray(String[]::new));
  }

  private Path file() {
    return directory.resolve("regild.yaml");
  }

  private Config written() throws Exception {
    return Config.read(Optional.of(file()), Map.of(), Map.of());
  }

  private static InitCommand withoutATerminal() {
    InitCommand command = new InitCommand();
    command.person = Optional.empty();
    return command;
  }

  @Test
  void withoutATerminalOptionsAndDefaultsAreWritten() throws Exception {
    int status =
        init(
            withoutATerminal(),
            "--data=/srv/regild",
            "--listen=0.0.0.0:8790",
            "--database=postgresql://regild:se:cret@db.example.com/regild",
            "--store=s3://images/regild");
    assertThat(status).as(said::toString).isZero();
    assertThat(said.toString())
        .contains("regild serve --config " + file())
        // Its channels are in the store.
        .contains("--from-host --data /srv/regild --config " + file())
        .doesNotContain("se:cret");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    Config config = written();
    assertThat(config.data()).isEqualTo(Path.of("/srv/regild"));
    assertThat(config.listen().host()).isEqualTo("0.0.0.0");
    assertThat(config.database().orElseThrow().password()).contains("se:cret");
    assertThat(config.store()).isPresent();

    assertThat(init(withoutATerminal())).isEqualTo(1);
    assertThat(said.toString()).contains(file() + " exists").contains("--force");
    assertThat(init(withoutATerminal(), "--force")).isZero();
    assertThat(written().database()).isEmpty();
  }

  @Test
  void fiveQuestionsAreAskedAndAWrongAnswerIsAskedAgain() throws Exception {
    Deque<String> answers =
        new ArrayDeque<>(List.of("/srv/x", "8790", "[::1]:8790", "", "", "s3://bucket/x"));
    List<String> asked = new ArrayList<>();
    InitCommand command = new InitCommand();
    command.person =
        Optional.of(question -> {
          asked.add(question);
          return answers.isEmpty() ? "" : answers.removeFirst();
        });
    assertThat(init(command)).as(said::toString).isZero();
    assertThat(asked).hasSize(6);
    assertThat(asked.get(1)).isEqualTo(asked.get(2));
    assertThat(said.toString()).contains("listen is '8790', but must be");
    assertThat(written().listen().host()).contains("::1");
    assertThat(written().store()).isPresent();
  }

  @Test
  void aPlaceThatCantBeWrittenToIsNamed() throws Exception {
    Path missing = directory.resolve("missing");
    var out = new PrintWriter(said, true);
    for (Path file : List.of(missing.resolve("regild.yaml"), directory)) {
      String[] options = {"--force", "--config", file.toString()};
      assertThat(Regild.execute(new CommandLine(withoutATerminal()), out, out, options))
          .isEqualTo(1);
    }
    assertThat(said.toString())
        .contains("The directory %s does not exist. Name a file".formatted(missing))
        .contains(directory + " is a directory. Name a file")
        .doesNotContain(".part");
  }

  @Test
  void aWrongOptionWritesNothing() {
    assertThat(init(withoutATerminal(), "--isolation=chroot")).isEqualTo(1);
    assertThat(said.toString()).contains("isolation is 'chroot', but must be");
    assertThat(file()).doesNotExist();
  }
}
