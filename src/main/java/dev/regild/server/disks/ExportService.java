package dev.regild.server.disks;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.disk.ByteCount;
import dev.regild.disk.ExportFormat;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.export.OvaPackage;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.ExportStatements;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.machine.ProgramException;
import dev.regild.machine.ToolVersions;
import dev.regild.server.disks.Conversions.ClientGoneException;
import dev.regild.server.disks.Conversions.Share;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.AccountSlots.Slot;
import dev.regild.server.http.Download;
import dev.regild.server.http.GuardedConnection;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Attestations;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /regild/v1/images/NAME/disk?format=qcow2|raw|vmdk|vhd|vhdx|ova}: the image as one
 * standalone disk; {@code /regild/v1/exported/SHA256/provenance} and {@code …/sbom}: what belongs
 * beside a disk with that hash. {@code compress=true} for a qcow2 with compressed clusters. It is
 * made before any of it is sent, so that its length is known and a failure is an error, not half a
 * disk.
 *
 * @param store the store of the layers
 * @param slots how many downloads an account may have
 * @param attestations signs what was exported
 */
public record ExportService(
    Requests requests,
    Database database,
    LayerStore store,
    Conversions conversions,
    AccountSlots slots,
    Attestations attestations)
    implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(ExportService.class);

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/disk", this::export);
    rules.get("/regild/v1/exported/{sha256}/provenance", this::statement);
    rules.get("/regild/v1/exported/{sha256}/sbom", this::bill);
  }

  private void statement(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowExportProvenance");
    ExportStatements.Beside beside = beside(request);
    response.header(HeaderNames.CONTENT_TYPE, Envelope.MEDIA_TYPE).send(beside.envelope());
  }

  private void bill(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowExportBillOfMaterials");
    ExportStatements.Beside beside = beside(request);
    if (beside.bill().length == 0) {
      throw new RefusedException(
          RefusedException.Reason.NOT_FOUND,
          "The bill of materials of %s was too large to be kept with the export. Get the image's own: GET /regild/v1/images/%s/sbom"
              .formatted(beside.imageName(), beside.imageName()));
    }
    response
        .header(HeaderNames.CONTENT_TYPE, BillOfMaterials.Format.CYCLONEDX.mediaType())
        .send(beside.bill());
  }

  private ExportStatements.Beside beside(ServerRequest request) {
    Caller caller = Requests.admitted(requests.caller(request), false);
    String sha256 = request.path().pathParameters().get("sha256");
    return database
        .read(handle -> ExportStatements.find(handle, caller.owner().accountId(), sha256))
        .orElseThrow(() ->
            new RefusedException(
                RefusedException.Reason.NOT_FOUND,
                "No export has the SHA-256 %s. Export the image again: the new disk has a statement."
                    .formatted(sha256)));
  }

  private void export(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ExportImage");
    Caller caller = Requests.admitted(requests.caller(request), false);
    ExportFormat format = format(request);
    Source source = source(caller.owner(), request.path().pathParameters().get("name"));
    requireFits(source, format);
    try (Slot _ = slots.take(caller);
        BorrowedLayer layer = borrow(caller.owner(), source);
        Share share = conversions.share(layer.file(), format.ofDisk())) {
      GuardedConnection.current().ifPresent(it -> it.reader().onHangUp(share::giveUp));
      send(response, source, share.made(), format, caller);
    } catch (NoRoomException e) {
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (ClientGoneException e) {
      throw new CloseConnectionException("the client of an export disconnected", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ProgramException e) {
      throw new IllegalStateException("the image " + source.image.name() + " can't be exported", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is stopping.");
    }
  }

  /** Borrows the image's layer, or the one by which a flattening has just replaced it. */
  private BorrowedLayer borrow(Owner owner, Source source)
      throws IOException, InterruptedException {
    try {
      return store.borrow(source.disk.layer());
    } catch (NoSuchFileException e) {
      return store.borrow(source(owner, source.image.name()).disk.layer());
    }
  }

  /**
   * What is exported.
   *
   * @param virtualBytes the size of the disk that a guest sees
   */
  private record Source(Image image, ImageDisk disk, long virtualBytes) {}

  private Source source(Owner owner, String name) {
    return database.read(handle -> {
      Image image = Images.require(handle, owner, name);
      ImageDisk disk =
          image
              .disk()
              .orElseThrow(() ->
                  new ApiException(
                      ErrorType.RESOURCE_NOT_AVAILABLE,
                      "The image %s is %s and has no disk to export."
                          .formatted(name, image.state())));
      return new Source(
          image, disk, LayerRecords.find(handle, disk.layer()).orElseThrow().virtualBytes());
    });
  }

  private static void requireFits(Source source, ExportFormat format) {
    if (source.virtualBytes > format.largestDisk()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The disk of %s has %s, and the format %s holds at most %s. Export it as vhdx."
              .formatted(
                  source.image.name(),
                  ByteCount.text(source.virtualBytes),
                  format.suffix(),
                  ByteCount.text(format.largestDisk())));
    }
  }

  private void send(
      ServerResponse response,
      Source source,
      Conversion.Made disk,
      ExportFormat format,
      Caller caller)
      throws IOException, InterruptedException {
    String fileName = "%s.%s".formatted(source.image.name(), format.suffix());
    response
        .header(HeaderNames.CONTENT_TYPE, "application/octet-stream")
        .header(HeaderNames.CONTENT_DISPOSITION, "attachment; filename=\"%s\"".formatted(fileName));
    if (format == ExportFormat.OVA) {
      OvaPackage ova = OvaPackage.of(machine(source), disk.file(), disk.sha256().orElseThrow());
      response.contentLength(ova.bytes());
      Download.send(
          response, out -> ova.writeTo(hashed(out, ova.bytes(), source, fileName, caller)));
    } else {
      long bytes = Files.size(disk.file());
      response.contentLength(bytes);
      Download.send(
          response, out -> Files.copy(disk.file(), hashed(out, bytes, source, fileName, caller)));
    }
  }

  private OutputStream hashed(
      OutputStream out, long bytes, Source source, String fileName, Caller caller) {
    return new HashedOutput(out, bytes, sha256 -> attest(source, fileName, caller, sha256));
  }

  /** A statement that can't be made is missing, and the disk is sent all the same. */
  private void attest(Source source, String fileName, Caller caller, String sha256) {
    try {
      Map<String, String> versions = ToolVersions.ofRegild();
      Attestations.Exported exported =
          database.read(handle -> attestations.exported(handle, source.image.id()));
      database.useTransaction(handle ->
          attestations.ofExport(
              handle,
              versions,
              new Attestations.Asker(caller.owner().accountId(), caller.key(), caller.readOnly()),
              exported,
              fileName,
              sha256));
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("image", source.image.name())
          .addKeyValue("reason", e.toString())
          .log("an exported disk has no statement");
    }
  }

  private static OvaPackage.Machine machine(Source source) {
    Image image = source.image;
    return new OvaPackage.Machine(
        image.name(),
        image.description(),
        image.platform(),
        source.disk.layout().firmware() == Firmware.UEFI,
        source.virtualBytes);
  }

  private static ExportFormat format(ServerRequest request) {
    String name = request.query().first("format").orElse("qcow2");
    boolean compressed = compressed(request.query().first("compress").orElse("false"));
    ExportFormat format =
        ExportFormat.named(name, compressed)
            .orElseThrow(() ->
                invalid(
                    name,
                    "format",
                    "satisfy enum value set: [%s]".formatted(ExportFormat.names())));
    if (compressed && format != ExportFormat.COMPRESSED_QCOW2) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "compress is for qcow2 alone, not for %s. Leave it out.".formatted(format.suffix()));
    }
    return format;
  }

  private static boolean compressed(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid(value, "compress", "satisfy enum value set: [true, false]");
    };
  }

  private static ApiException invalid(String value, String member, String constraint) {
    return new ApiException(
        ErrorType.VALIDATION,
        ("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must"
                + " %s")
            .formatted(value, member, constraint));
  }
}
