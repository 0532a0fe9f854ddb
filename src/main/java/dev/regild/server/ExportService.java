package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.machine.ProgramException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code GET /regild/v1/images/NAME/disk?format=qcow2|raw|vmdk|vhdx}: the image as one standalone
 * disk. It is written to a temporary file first, so that its length is known and a failure is an
 * error, not half a disk.
 */
final class ExportService implements HttpService {
  private static final String PREFIX = "export-";

  private final Requests requests;
  private final Database database;
  private final QemuImg qemuImg;
  private final Function<String, Path> layerFiles;
  private final Path temporary;
  private final Images images = new Images();

  /**
   * With a directory for what is being exported.
   *
   * @param layerFiles the file of a layer, by its id
   * @param temporary a directory; exports that an earlier process left there are removed
   */
  ExportService(
      Requests requests,
      Database database,
      QemuImg qemuImg,
      Function<String, Path> layerFiles,
      Path temporary)
      throws IOException {
    this.requests = requests;
    this.database = database;
    this.qemuImg = qemuImg;
    this.layerFiles = layerFiles;
    this.temporary = Files.createDirectories(temporary);
    try (var leftovers = Files.newDirectoryStream(temporary, PREFIX + "*")) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/disk", this::export);
  }

  private void export(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ExportImage");
    Caller caller = Requests.admitted(requests.caller(request, requests.body(request)), false);
    DiskFormat format = format(request.query().first("format").orElse("qcow2"));
    String name = request.path().pathParameters().get("name");
    Path layer = topLayer(caller.owner(), name);
    try {
      Path disk = Files.createTempFile(temporary, PREFIX, "." + format.qemuName());
      try {
        qemuImg.convert(layer, DiskFormat.QCOW2, disk, format, _ -> {});
        send(response, disk, name + "." + format.qemuName());
      } finally {
        Files.deleteIfExists(disk);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ProgramException e) {
      throw new IllegalStateException("the image " + name + " can't be exported", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is stopping.");
    }
  }

  private static void send(ServerResponse response, Path disk, String fileName) throws IOException {
    response
        .header(HeaderNames.CONTENT_TYPE, "application/octet-stream")
        .header(HeaderNames.CONTENT_DISPOSITION, "attachment; filename=\"" + fileName + "\"")
        .contentLength(Files.size(disk));
    try (OutputStream out = response.outputStream()) {
      Files.copy(disk, out);
    }
  }

  private Path topLayer(Owner owner, String name) {
    Image image = database.read(handle -> images.require(handle, owner, name));
    return image
        .disk()
        .map(disk -> layerFiles.apply(disk.layer()))
        .orElseThrow(() ->
            new ApiException(
                ErrorType.RESOURCE_NOT_AVAILABLE,
                "The image %s is %s and has no disk that could be exported."
                    .formatted(name, image.state())));
  }

  private static DiskFormat format(String name) {
    return DiskFormat.named(name)
        .orElseThrow(() ->
            new ApiException(
                ErrorType.VALIDATION,
                ("1 validation error detected: Value '%s' at 'format' failed to satisfy"
                        + " constraint: Member must satisfy enum value set: %s")
                    .formatted(
                        name,
                        Arrays.stream(DiskFormat.values())
                            .map(DiskFormat::qemuName)
                            .collect(Collectors.joining(", ", "[", "]")))));
  }
}
