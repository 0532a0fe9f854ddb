package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.DiskErrors;
import dev.regild.api.ErrorType;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.disk.upload.Upload;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.quota.Quota;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /console/uploads}: uploads in several requests, which the script of the page Import sends.
 * Each goes on where the one before ended, even after the page was left or the server restarted.
 */
final class UploadPages implements Console.Pages {
  private static final Logger LOG = LoggerFactory.getLogger(UploadPages.class);
  private static final String UPLOADS = "/console/uploads";
  private static final HeaderName OFFSET = HeaderNames.create("Upload-Offset");
  private static final HeaderName LENGTH = HeaderNames.create("Upload-Length");

  private final ConsoleServices services;

  UploadPages(ConsoleServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .receive(UPLOADS, "BeginUpload", this::begin)
        .show(UPLOADS + "/{id}", "DescribeUpload", this::show)
        .receive(UPLOADS + "/{id}", "AppendToUpload", this::append)
        .act(UPLOADS + "/{id}/discard", "DiscardUpload", this::discard);
  }

  private void requireOwn(Visit visit) {
    visit.requireChanges();
    visit.requireOwnForm(visit.request().headers().first(Gate.CSRF_HEADER).orElse(""));
  }

  private void begin(Visit visit) {
    requireOwn(visit);
    String account = visit.caller().owner().accountId();
    long bytes = number(visit, "bytes");
    Upload upload =
        DiskErrors.answering(
            () -> services.uploads().begin(account, quota(account), OptionalLong.of(bytes)));
    services.guard().resources(visit.request(), List.of(upload.id()));
    say(visit, upload);
    visit
        .response()
        .status(Status.CREATED_201)
        .header(HeaderNames.LOCATION, UPLOADS + "/" + upload.id())
        .send();
  }

  private void show(Visit visit) throws IOException {
    Caller caller = visit.caller();
    Optional<UploadedDisk> made = services.disks().find(caller.owner().accountId(), id(visit));
    if (made.isPresent()) {
      visit.response().header(HeaderNames.LOCATION, made(made.get()));
    } else {
      say(visit, require(visit));
    }
    visit.response().status(Status.NO_CONTENT_204).send();
  }

  /** The answer to the last bytes says where the form is that imports the disk. */
  private void append(Visit visit) throws IOException {
    requireOwn(visit);
    String account = visit.caller().owner().accountId();
    Optional<UploadedDisk> earlier = services.disks().find(account, id(visit));
    if (earlier.isPresent()) {
      // An earlier request completed it, and its answer was lost.
      complete(visit, earlier.get());
      return;
    }
    Upload upload = require(visit);
    long offset = number(visit, "offset");
    Upload now =
        visit.request().content().hasEntity()
            ? DiskErrors.answering(() -> appended(visit, upload, offset))
            : upload;
    say(visit, now);
    if (now.received() < now.declared().orElse(now.received())) {
      visit.response().status(Status.NO_CONTENT_204).send();
      return;
    }
    UploadedDisk disk = DiskErrors.answering(() -> services.uploads().finish(now, quota(account)));
    LOG.atInfo().addKeyValue("disk", disk.id()).log("disk uploaded");
    complete(visit, disk);
  }

  private Upload appended(Visit visit, Upload upload, long offset)
      throws IOException, UnfitDiskException, InterruptedException {
    try (InputStream content = visit.request().content().inputStream()) {
      return services.uploads().append(upload, offset, content, quota(upload.account()));
    }
  }

  private static void complete(Visit visit, UploadedDisk disk) {
    visit.response().status(Status.CREATED_201).header(HeaderNames.LOCATION, made(disk)).send();
  }

  private static String made(UploadedDisk disk) {
    return "/console/import?disk=" + disk.id();
  }

  private void discard(Visit visit) throws IOException {
    visit.requireChanges();
    Upload upload = require(visit);
    var _ =
        DiskErrors.answering(() -> {
          services.uploads().discard(upload);
          return true;
        });
    visit.redirect("/console/import", Notices.UPLOAD_DISCARDED);
  }

  private static void say(Visit visit, Upload upload) {
    visit.response().header(OFFSET, Long.toString(upload.received()));
    upload.declared().ifPresent(bytes -> visit.response().header(LENGTH, Long.toString(bytes)));
  }

  private Upload require(Visit visit) throws IOException {
    String id = id(visit);
    return services
        .uploads()
        .find(visit.caller().owner().accountId(), id)
        .orElseThrow(() -> visit.notFound("There is no upload %s. Begin another.".formatted(id)));
  }

  private String id(Visit visit) {
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    return id;
  }

  private DiskQuota quota(String account) {
    return services
        .images()
        .database()
        .read(handle ->
            new DiskQuota(
                services.images().quotas().limitOf(handle, account, Quota.DISKS),
                (long) services.images().quotas().limitOf(handle, account, Quota.DISK_GIB) << 30));
  }

  private static long number(Visit visit, String name) {
    String text = visit.query(name);
    if (!text.matches("\\d{1,18}")) {
      throw new ApiException(ErrorType.VALIDATION, name + " must be a number of bytes.");
    }
    return Long.parseLong(text);
  }
}
