package dev.regild.e2e;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs scripts with Debian's Python, which has Debian's boto3. */
final class Python {
  private Python() {}

  /** Runs a script to its end, and returns what it printed. */
  static String run(Path directory, String script, String... arguments) throws Exception {
    Path file = Files.writeString(directory.resolve("client.py"), script);
    List<String> command = new ArrayList<>(List.of("/usr/bin/python3", file.toString()));
    command.addAll(List.of(arguments));
    return Program.of(command).run();
  }
}
