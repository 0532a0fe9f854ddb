package dev.regild.server;

import dev.regild.machine.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A server with what the scripts of the real clients expect: two images and a second account. */
final class ClientsServer implements AutoCloseable {
  static final String REGION = "eu-west-3";

  final ServerFixture server;
  final String otherAccount;
  private final Map<String, String> environment = new HashMap<>();

  ClientsServer(Path directory) throws Exception {
    server = new ServerFixture(directory);
    server.golden(REGION, "golden");
    server.golden(REGION, "old");
    otherAccount = server.accounts.create("other").id();
  }

  /** A script that gets the endpoint, the region and the other account, then more arguments. */
  Program script(String interpreter, Path script, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                interpreter, script.toString(), server.uri("").toString(), REGION, otherAccount));
    command.addAll(List.of(more));
    Program program = Program.of(command);
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      program = program.with(variable.getKey(), variable.getValue());
    }
    return program
        .with("AWS_ACCESS_KEY_ID", server.key.id())
        .with("AWS_SECRET_ACCESS_KEY", server.key.secret())
        .within(Duration.ofMinutes(2));
  }

  /**
   * Uses TLS from now on.
   *
   * @param variable tells the scripts' client which certificate to trust
   */
  void encrypt(String variable) throws Exception {
    environment.put(variable, server.encrypt().toString());
  }

  @Override
  public void close() {
    server.close();
  }
}
