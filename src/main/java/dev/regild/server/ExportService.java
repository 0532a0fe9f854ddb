package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.disk.BorrowedLayer;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.LayerStore;
import dev.regild.disk.NoRoomException;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.machine.ProgramException;
import dev.regild.server.AccountSlots.Slot;
import dev.regild.server.Conversions.ClientGoneException;
import dev.regild.server.Conversions.Share;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * {@code GET /regild/v1/images/NAME/disk?format=qcow2|raw|vmdk|vhdx}: the image as one standalone
 * disk. It is made before any of it is sent, so that its length is known and a failure is an error,
 * not half a disk.
 */
final class ExportService implements HttpService {
  private final Requests requests;
  private final Database database;
  private final LayerStore store;
  private final Conversions conversions;
  private final AccountSlots slots;
  private final Images images = new Images();

  /**
   * With what makes disks.
   *
   * @param store of the layers
   * @param slots how many downloads an account may have
   */
  ExportService(
      Requests requests,
      Database database,
      LayerStore store,
      Conversions conversions,
      AccountSlots slots) {
    this.requests = requests;
    this.database = database;
    this.store = store;
    this.conversions = conversions;
    this.slots = slots;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/disk", this::export);
  }

  private void export(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ExportImage");
    Caller caller = Requests.admitted(requests.caller(request), false);
    DiskFormat format = format(request.query().first("format").orElse("qcow2"));
    String name = request.path().pathParameters().get("name");
    String top = topLayer(caller.owner(), name);
    try (Slot _ = slots.take(caller);
        BorrowedLayer layer = store.borrow(top);
        Share share = conversions.share(layer.file(), format)) {
      GuardedConnection.current().ifPresent(it -> it.reader().onHangUp(share::giveUp));
      send(response, share.file(), name + "." + format.qemuName());
    } catch (NoRoomException e) {
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (ClientGoneException e) {
      throw new CloseConnectionException("the client of an export disconnected", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ProgramException e) {
      throw new IllegalStateException("the image " + name + " can't be exported", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is stopping.");
    }
  }

  private static void send(ServerResponse response, Path disk, String fileName)
      throws IOException, InterruptedException {
    response
        .header(HeaderNames.CONTENT_TYPE, "application/octet-stream")
        .header(HeaderNames.CONTENT_DISPOSITION, "attachment; filename=\"" + fileName + "\"")
        .contentLength(Files.size(disk));
    Download.send(response, out -> Files.copy(disk, out));
  }

  private String topLayer(Owner owner, String name) {
    Image image = database.read(handle -> images.require(handle, owner, name));
    return image
        .disk()
        .map(ImageDisk::layer)
        .orElseThrow(() ->
            new ApiException(
                ErrorType.RESOURCE_NOT_AVAILABLE,
                "The image %s is %s and has no disk to export.".formatted(name, image.state())));
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
