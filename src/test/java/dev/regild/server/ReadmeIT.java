package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The README's programs for AWS' own clients, as they stand there but for the server's address. */
@ExtendWith(RunningServer.class)
class ReadmeIT {
  private static final String ADDRESS = "http://127.0.0.1:8790";

  private ServerFixture server;
  private Path credentials;

  @BeforeEach
  void start(ServerFixture running) throws Exception {
    server = running;
    server.golden("us-east-1", "golden");
    credentials = server.writeCredentials();
  }

  @Test
  void theProgramForBoto3Runs() throws Exception {
    Path program = write(server.data.resolve("client.py"), "python");
    assertThat(run("/usr/bin/python3", program.toString())).isEqualTo("True PENDING\n");
  }

  @Test
  void theProgramForJavaScriptRuns() throws Exception {
    Path program = write(NodeModules.install().directory().resolve("readme.mjs"), "javascript");
    assertThat(run("node", program.toString())).isEqualTo("true AVAILABLE\n");
  }

  @Test
  void theProgramForJavaRuns() throws Exception {
    Path program = write(server.data.resolve("Client.java"), "java");
    assertThat(
            run(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--class-path",
                System.getProperty("java.class.path"),
                program.toString()))
        .isEqualTo("true DEBIAN_12\n");
  }

  /** The README's only block in that language. */
  private Path write(Path file, String language) throws Exception {
    List<String> blocks =
        Pattern.compile(
                "^```%s\\n(.*?)^```$".formatted(language), Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(block -> block.group(1))
            .toList();
    assertThat(blocks).hasSize(1);
    assertThat(blocks.getFirst()).contains(ADDRESS);
    return Files.writeString(file, blocks.getFirst().replace(ADDRESS, server.uri("").toString()));
  }

  private String run(String... command) throws Exception {
    return Program.of(command).with("AWS_SHARED_CREDENTIALS_FILE", credentials.toString()).run();
  }
}
