package dev.regild.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description = "Writes an image as one standalone disk.",
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin Connection connection = new Connection();

  @Parameters(paramLabel = "NAME", description = "The image.")
  String name = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "qcow2",
      description = "qcow2, raw, vmdk or vhdx. Default: ${DEFAULT-VALUE}.")
  String format = "qcow2";

  @Option(names = "-o", required = true, paramLabel = "FILE", description = "Where to write it.")
  Path output = Path.of("");

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    String path =
        "/regild/v1/images/"
            + ApiClient.segment(name)
            + "/disk?format="
            + ApiClient.segment(format);
    HttpResponse<InputStream> response = connection.client().open(path);
    long size = response.headers().firstValueAsLong("content-length").orElse(0);
    Progress progress = new Progress(spec.commandLine().getOut(), Progress.onTerminal());
    Path partial = output.resolveSibling(output.getFileName() + ".partial");
    try (InputStream in = response.body()) {
      copy(in, partial, size, progress);
      Files.move(partial, output, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    progress.done("Wrote " + output + " (" + Sizes.bytes(Files.size(output)) + ").");
    return 0;
  }

  private static void copy(InputStream in, Path file, long size, Progress progress)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[1 << 20];
      long written = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        written += n;
        progress.show("Export", (double) written / Math.max(1, size));
      }
    }
  }
}
