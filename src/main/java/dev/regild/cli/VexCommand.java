package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.OutputFile;
import dev.regild.cli.terminal.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "vex",
    description = "Writes what the update that made an image fixed as OpenVEX, for scanners.",
    mixinStandardHelpOptions = true)
final class VexCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The file to write. Default: standard output.")
  @Nullable Path output;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    Path file = output;
    String path = "/regild/v1/images/%s/vex".formatted(ApiClient.segment(name));
    try (InputStream content = connection.client().open(path).body()) {
      if (file == null) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(Printable.text(new String(content.readAllBytes(), StandardCharsets.UTF_8)));
      } else {
        OutputFile.write(file, content);
      }
    }
    return 0;
  }
}
