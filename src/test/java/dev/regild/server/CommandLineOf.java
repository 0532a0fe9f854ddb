package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;

/** Commands of the command line against a server, whose key they find in its data directory. */
record CommandLineOf(ServerFixture server) {
  /** Skips the tests where another key would be used. */
  static CommandLineOf of(ServerFixture server) throws IOException {
    HostTools.assume(
        System.getenv("AWS_ACCESS_KEY_ID") == null,
        "the key in AWS_ACCESS_KEY_ID would go first: unset it");
    server.writeCredentials();
    return new CommandLineOf(server);
  }

  /** Runs a command, and returns what it says, on whatever stream. */
  String run(int status, String... command) {
    return runAt(server.uri("").toString(), status, command);
  }

  /** The same with another address of the server. */
  String runAt(String endpoint, int status, String... command) {
    List<String> all = Stream.concat(Stream.of(command), connection(endpoint).stream()).toList();
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, all.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }

  /** The options that lead a command to the server. */
  List<String> connection() {
    return connection(server.uri("").toString());
  }

  private List<String> connection(String endpoint) {
    return List.of("--endpoint", endpoint, "--data", server.data.toString());
  }
}
