package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.Patience;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Progress;
import dev.regild.disk.ByteCount;
import dev.regild.files.Sha256;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description =
        "Exports an image as one standalone disk. Its signed statement and its bill of materials"
            + " are written beside it (FILE.intoto.jsonl, FILE.cdx.json); regild verify FILE checks"
            + " them.",
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "qcow2",
      description = {
        "The disk's format: qcow2, raw, vmdk (streamOptimized, for ESXi and AWS), vhd (fixed, for"
            + " Azure), vhdx, or ova (a vmdk and the description of a machine). Default:"
            + " ${DEFAULT-VALUE}."
      })
  String format = "qcow2";

  @Option(names = "--compress", description = "Compress the disk (qcow2 only).")
  boolean compress;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The file to write, or - for standard output.")
  Path output = Path.of("");

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (compress && !format.equalsIgnoreCase("qcow2")) {
      throw new ParameterException(
          spec.commandLine(), "--compress goes with --format qcow2, not with " + format + ".");
    }
    if (output.toString().equals("-")) {
      writeToStandardOutput();
    } else {
      requireWritable();
      writeToFile();
    }
    return 0;
  }

  private void writeToFile() throws ServerRefusalException, IOException, InterruptedException {
    Progress progress = new Progress(spec.commandLine().getOut(), Progress.onTerminal());
    ApiClient client = connection.client();
    HttpResponse<InputStream> response = open(client);
    String sha256;
    // For our user alone, as a disk has its guest's password hashes, and of a name nobody can take.
    Path partial =
        Files.createTempFile(
            output.toAbsolutePath().getParent(), "." + output.getFileName() + ".", ".partial");
    try (InputStream in = response.body()) {
      try (DigestOutputStream out =
          new DigestOutputStream(Files.newOutputStream(partial), Sha256.digest())) {
        copy(in, out, size(response), progress);
        sha256 = Sha256.hex(out.getMessageDigest());
      }
      Files.move(partial, output, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    progress.done("Wrote " + output + " (" + ByteCount.text(Files.size(output)) + ").");
    try {
      ExportedDisk disk = new ExportedDisk(output);
      disk.write(client, sha256, new Patience(progress));
      progress.done("Wrote %s and %s.".formatted(disk.statement(), disk.bill()));
    } catch (ServerRefusalException e) {
      spec.commandLine()
          .getErr()
          .println(
              "note: the statement or the bill of materials is missing: "
                  + Printable.line(String.valueOf(e.getMessage())));
    }
  }

  /** What is said goes to the standard error, so that the standard output is the disk alone. */
  private void writeToStandardOutput()
      throws ServerRefusalException, IOException, InterruptedException {
    if (Progress.onTerminal()) {
      throw new IOException("A disk is not shown on a terminal; redirect it: -o - > " + file());
    }
    Progress progress = new Progress(spec.commandLine().getErr(), false);
    HttpResponse<InputStream> response = open(connection.client());
    long size = size(response);
    try (InputStream in = response.body();
        OutputStream out = new ReportingOutput(new FileOutputStream(FileDescriptor.out))) {
      copy(in, out, size, progress);
    }
    progress.done("Wrote " + ByteCount.text(size) + ".");
  }

  private HttpResponse<InputStream> open(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    String path =
        "/regild/v1/images/"
            + ApiClient.image(name)
            + "/disk?format="
            + ApiClient.segment(format)
            + (compress ? "&compress=true" : "");
    return client.open(path);
  }

  private static long size(HttpResponse<InputStream> response) {
    return response.headers().firstValueAsLong("content-length").orElse(0);
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

  private static void copy(InputStream in, OutputStream out, long size, Progress progress)
      throws IOException {
    byte[] buffer = new byte[1 << 20];
    long written = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      out.write(buffer, 0, n);
      written += n;
      progress.show("Export", (double) written / Math.max(1, size));
    }
  }

  /** Tells a reader that is gone from a server that is. */
  private static final class ReportingOutput extends FilterOutputStream {
    ReportingOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        throw new IOException(
            "The standard output can't be written: %s. The export is incomplete."
                .formatted(e.getMessage()),
            e);
      }
    }
  }
}
