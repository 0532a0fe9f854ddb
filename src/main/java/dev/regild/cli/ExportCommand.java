package dev.regild.cli;

import dev.regild.disk.ByteCount;
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
    description = "Exports an image as one standalone disk.",
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

  @Option(names = "-o", required = true, paramLabel = "FILE", description = "The file to write.")
  Path output = Path.of("");

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    requireWritable();
    String path =
        "/regild/v1/images/"
            + ApiClient.segment(name)
            + "/disk?format="
            + ApiClient.segment(format);
    HttpResponse<InputStream> response = connection.client().open(path);
    long size = response.headers().firstValueAsLong("content-length").orElse(0);
    Progress progress = new Progress(spec.commandLine().getOut(), Progress.onTerminal());
    // For our user alone, as a disk has its guest's password hashes, and of a name nobody can take.
    Path partial =
        Files.createTempFile(
            output.toAbsolutePath().getParent(), "." + output.getFileName() + ".", ".partial");
    try (InputStream in = response.body()) {
      copy(in, partial, size, progress);
      Files.move(partial, output, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    progress.done("Wrote " + output + " (" + ByteCount.text(Files.size(output)) + ").");
    return 0;
  }

  /** Before the server is asked: a conversion takes minutes. */
  private void requireWritable() throws IOException {
    if (Files.isDirectory(output)) {
      throw new IOException(
          "-o names a directory, %s; name a file: -o %s".formatted(output, output.resolve(file())));
    }
    Path directory = output.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException(
          "The directory of %s does not exist; create it first.".formatted(output));
    }
    if (!Files.isWritable(directory)) {
      throw new IOException(
          "You have no permission to write to %s; name another file.".formatted(directory));
    }
  }

  private String file() {
    return name + "." + format;
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
