package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.DiskErrors;
import dev.regild.api.ErrorType;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImportPage;
import dev.regild.console.view.ImportPage.Disk;
import dev.regild.console.view.ImportPage.Typed;
import dev.regild.console.view.Words;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.RefusedException;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.image.quota.Quota;
import gg.jte.generated.precompiled.JteimportGenerated;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /console/import}: uploads disks, and makes images of them. */
final class ImportPages implements Console.Pages {
  private static final Logger LOG = LoggerFactory.getLogger(ImportPages.class);

  /** The API wants a role; here it has no meaning. */
  private static final String ROLE = "arn:aws:iam::000000000000:role/regild";

  private static final int LONGEST_CODE = 200;
  private static final Typed NOTHING = new Typed("", "", "", "", "", true);

  private final ConsoleServices services;
  private final ApiCall.Api api;

  ImportPages(ConsoleServices services, ApiCall.Api api) {
    this.services = services;
    this.api = api;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/import", "ListDisks", this::show)
        .act("/console/import", "CreateImportedImage", this::importDisk)
        .receive("/console/disks", "UploadDisk", this::upload)
        .act("/console/disks/{id}/delete", "DeleteDisk", this::delete);
  }

  private void show(Visit visit) throws IOException {
    show(visit, NOTHING, visit.query("disk"), Optional.empty());
  }

  private void show(Visit visit, Typed typed, String chosen, Optional<ApiException> error)
      throws IOException {
    List<Disk> disks =
        services.disks().list(visit.caller().owner().accountId()).stream()
            .map(ImportPages::disk)
            .toList();
    Optional<Disk> disk = disks.stream().filter(each -> each.id().equals(chosen)).findFirst();
    if (!chosen.isEmpty() && disk.isEmpty() && error.isEmpty()) {
      throw visit.notFound("There is no disk %s. Upload it again.".formatted(chosen));
    }
    ImportPage page =
        new ImportPage(
            disks,
            disk,
            typed,
            error.map(each -> FieldErrors.of(each, ImportPage.FIELDS)).orElse(Map.of()),
            "",
            uploads(visit),
            disk.map(each -> commands(visit, each, typed)),
            services.images().clock().instant());
    if (error.isPresent()) {
      visit.showRefused(
          error.get(),
          Section.IMPORT,
          "Import",
          (out, frame) -> JteimportGenerated.render(out, null, frame, page));
    } else {
      visit.show(
          Section.IMPORT,
          "Import",
          (out, frame) -> JteimportGenerated.render(out, null, frame, page));
    }
  }

  private List<ImportPage.Incomplete> uploads(Visit visit) throws IOException {
    return services.uploads().list(visit.caller().owner().accountId()).stream()
        .map(upload ->
            new ImportPage.Incomplete(
                upload.id(),
                Words.size(upload.received()),
                upload.declared().isPresent() ? Words.size(upload.declared().getAsLong()) : "?",
                (int) (100 * upload.received() / Math.max(1, upload.declared().orElse(1))),
                upload.begun()))
        .toList();
  }

  private static Disk disk(UploadedDisk disk) {
    return new Disk(
        disk.id(),
        switch (disk.origin()) {
          case UPLOADED -> "uploaded";
          case EXPORTED -> "exported";
        },
        disk.format().qemuName(),
        Words.size(disk.bytes()),
        disk.sha256(),
        disk.received(),
        disk.packed()
            .map(packed ->
                "unpacked from %s of %s".formatted(packed.packing(), Words.size(packed.bytes())))
            .orElse(""));
  }

  private Commands commands(Visit visit, Disk disk, Typed typed) {
    String name = typed.name().isEmpty() ? "NAME" : typed.name();
    return api.commands(
        visit,
        ApiCall.of("CreateImportedImage", sample(disk, name)),
        "regild import FILE --name " + Commands.quoted(name));
  }

  private static Map<String, Object> sample(Disk disk, String name) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("Name", name);
    request.put("SourceAmiId", disk.id());
    request.put("IamRoleArn", ROLE);
    return request;
  }

  private void importDisk(Visit visit) throws IOException {
    Form form = visit.form();
    Typed typed =
        new Typed(
            form.text("name"),
            form.text("display-name"),
            form.text("description"),
            form.raw("tags"),
            form.raw("applications"),
            form.checked("validate"));
    String disk = form.text("disk");
    try {
      var _ = api.call(visit, ApiCall.of("CreateImportedImage", request(typed, disk)));
    } catch (ApiException | RefusedException e) {
      ApiException error = Refusals.of(e);
      services.guard().refused(visit.response(), error);
      show(visit, typed, disk, Optional.of(error));
      return;
    }
    visit.redirect(Words.image(typed.name(), ""));
  }

  private static Map<String, Object> request(Typed typed, String disk) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("Name", typed.name());
    request.put("SourceAmiId", disk);
    request.put("IamRoleArn", ROLE);
    if (!typed.displayName().isEmpty()) {
      request.put("DisplayName", typed.displayName());
    }
    if (!typed.description().isEmpty()) {
      request.put("Description", typed.description());
    }
    Map<String, String> tags = TagLines.read(typed.tags());
    if (!tags.isEmpty()) {
      request.put("Tags", tags);
    }
    List<Map<String, String>> applications = applications(typed.applications());
    if (!applications.isEmpty()) {
      request.put("AppCatalogConfig", applications);
    }
    if (typed.validate()) {
      request.put("RuntimeValidationConfig", Map.of());
    }
    return request;
  }

  /** One {@code name=/path} a line. */
  private static List<Map<String, String>> applications(String text) {
    List<Map<String, String>> applications = new ArrayList<>();
    TagLines.read(text)
        .forEach((name, path) -> {
          Map<String, String> application = new LinkedHashMap<>();
          application.put("Name", name);
          application.put("AbsoluteAppPath", path);
          applications.add(application);
        });
    return applications;
  }

  private void upload(Visit visit) throws IOException {
    Caller caller = visit.caller();
    caller.requirePermission(true);
    String type = visit.request().headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    try (InputStream content = visit.request().content().inputStream()) {
      Optional<MultipartForm> form = MultipartForm.of(type, content);
      UploadedDisk disk =
          form.isPresent()
              ? received(visit, form.get())
              : received(caller, content, visit.request().headers().contentLength(), visit);
      services.guard().resources(visit.request(), List.of(disk.id()));
      LOG.atInfo().addKeyValue("disk", disk.id()).log("disk uploaded");
      String next = "/console/import?disk=" + disk.id();
      if (form.isPresent()) {
        visit.redirect(next);
      } else {
        visit.response().status(Status.CREATED_201).header(HeaderNames.LOCATION, next).send();
      }
    }
  }

  /** The code comes before the file, so nobody else's file is read. */
  private UploadedDisk received(Visit visit, MultipartForm form) throws IOException {
    MultipartForm.Part first = form.next().orElseThrow(() -> new EOFException("the form is empty"));
    visit.requireOwnForm(first.name().equals(Gate.CSRF_FIELD) ? first.text(LONGEST_CODE) : "");
    MultipartForm.Part file =
        form.next()
            .orElseThrow(
                () -> new ApiException(ErrorType.VALIDATION, "Choose the file of a disk first."));
    return received(visit.caller(), file.content(), OptionalLong.empty());
  }

  private UploadedDisk received(
      Caller caller, InputStream content, OptionalLong length, Visit visit) {
    visit.requireOwnForm(visit.request().headers().first(Gate.CSRF_HEADER).orElse(""));
    return received(caller, content, length);
  }

  private UploadedDisk received(Caller caller, InputStream content, OptionalLong length) {
    String account = caller.owner().accountId();
    return DiskErrors.answering(
        () -> services.disks().receive(account, quota(account), content, length));
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

  private void delete(Visit visit) throws IOException {
    visit.requireChanges();
    String id = visit.path("id");
    services.guard().resources(visit.request(), List.of(id));
    UploadedDisk disk =
        services
            .disks()
            .find(visit.caller().owner().accountId(), id)
            .orElseThrow(() -> visit.notFound("There is no disk %s.".formatted(id)));
    new DiskDeletions(services.images().database(), services.disks()).delete(disk);
    visit.redirect("/console/import", Notices.DISK_DELETED);
  }
}
