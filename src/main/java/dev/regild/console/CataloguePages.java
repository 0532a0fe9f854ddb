package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.channel.ChannelException;
import dev.regild.console.view.ChannelPage;
import dev.regild.console.view.ChannelPage.CatalogueForm;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.PackageFacts;
import gg.jte.generated.precompiled.JtechannelGenerated;
import io.helidon.http.HeaderNames;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /console/channels/NAME/catalogue}: adds packages to the catalogue of a Windows channel,
 * and removes them. Only operators do.
 */
final class CataloguePages implements Console.Pages {
  private static final int LONGEST_FIELD = 1_000;

  /** More than the form has. */
  private static final int MOST_PARTS = 20;

  private final ConsoleServices services;
  private final ChannelPages channels;
  private final CatalogueFiles files;

  CataloguePages(ConsoleServices services, ChannelPages channels) {
    this.services = services;
    this.channels = channels;
    this.files = new CatalogueFiles(services.channels().directory());
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .receive("/console/channels/{name}/catalogue", "AddCataloguePackage", this::receive)
        .act("/console/channels/{name}/catalogue/complete", "AddCataloguePackage", this::complete)
        .act("/console/channels/{name}/catalogue/remove", "RemoveCataloguePackage", this::remove);
  }

  private void requireOperator(Visit visit) {
    visit.requireChanges();
    services.operators().require(visit.caller());
    services.guard().resources(visit.request(), List.of(visit.path("name")));
  }

  /** The code comes before the file, so nobody else's file is read. */
  private void receive(Visit visit) throws IOException, ChannelException, InterruptedException {
    requireOperator(visit);
    Catalogue catalogue = Catalogue.of(services.channels(), visit.path("name"));
    String type = visit.request().headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    Map<String, String> fields = new HashMap<>();
    Optional<CatalogueFiles.Held> held = Optional.empty();
    try (InputStream content = visit.request().content().inputStream()) {
      MultipartForm form =
          MultipartForm.of(type, content)
              .orElseThrow(() ->
                  new ApiException(
                      ErrorType.VALIDATION, "Send the form of the page, with a file."));
      MultipartForm.Part first =
          form.next().orElseThrow(() -> new EOFException("the form is empty"));
      visit.requireOwnForm(first.name().equals(Gate.CSRF_FIELD) ? first.text(LONGEST_FIELD) : "");
      Optional<MultipartForm.Part> next = form.next();
      for (int i = 0; i < MOST_PARTS && next.isPresent() && held.isEmpty(); i++) {
        MultipartForm.Part part = next.get();
        if (part.name().equals("file")) {
          held = Optional.of(files.hold(part.fileName(), part.content()));
        } else {
          fields.put(part.name(), part.text(LONGEST_FIELD));
          next = form.next();
        }
      }
    } catch (EOFException e) {
      throw new ApiException(ErrorType.VALIDATION, "The file is incomplete: " + e.getMessage());
    }
    CatalogueFiles.Held file =
        held.orElseThrow(
            () -> new ApiException(ErrorType.VALIDATION, "Choose the file of a package first."));
    add(visit, catalogue, file, fields);
  }

  /** Says what the metadata of a file lacks that was sent before. */
  private void complete(Visit visit) throws IOException, ChannelException, InterruptedException {
    requireOperator(visit);
    Catalogue catalogue = Catalogue.of(services.channels(), visit.path("name"));
    Map<String, String> fields = new HashMap<>();
    for (String field : List.of("kb", "builds", "architecture", "resulting-build", "sha256")) {
      fields.put(field, fact(visit, field));
    }
    CatalogueFiles.Held file =
        files
            .find(visit.form().text("upload"))
            .orElseThrow(
                () -> visit.notFound("The file is no longer here. Choose it and send it again."));
    add(visit, catalogue, file, fields);
  }

  private static String fact(Visit visit, String field) {
    String text = visit.form().text(field);
    if (text.length() > LONGEST_FIELD) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%s has more than %d characters. Go back and shorten it."
              .formatted(field, LONGEST_FIELD));
    }
    return text;
  }

  private void add(
      Visit visit, Catalogue catalogue, CatalogueFiles.Held file, Map<String, String> fields)
      throws IOException, ChannelException, InterruptedException {
    CatalogueAddition addition = new CatalogueAddition(catalogue, file.path(), fields);
    CatalogueAddition.Outcome outcome = files.inTurn(addition::run);
    switch (outcome) {
      case CatalogueAddition.Added _ -> {
        files.release(file);
        channels.beginRefresh(visit.path("name"));
        visit.redirect(Words.channel(visit.path("name"), ""), Notices.CATALOGUE_CHANGED);
      }
      case CatalogueAddition.Incomplete(List<PackageFacts.Missing> missing) ->
          show(
              visit,
              form(file, fields, missing.stream().map(PackageFacts.Missing::meaning).toList(), ""));
      case CatalogueAddition.Refused(String reason) -> {
        files.release(file);
        show(visit, form(new CatalogueFiles.Held("", file.path()), fields, List.of(), reason));
      }
    }
  }

  private static CatalogueForm form(
      CatalogueFiles.Held file, Map<String, String> fields, List<String> missing, String error) {
    return new CatalogueForm(
        file.id(),
        String.valueOf(file.path().getFileName()),
        fields.getOrDefault("kb", ""),
        fields.getOrDefault("builds", ""),
        fields.getOrDefault("architecture", ""),
        fields.getOrDefault("resulting-build", ""),
        fields.getOrDefault("sha256", ""),
        missing,
        error);
  }

  private void show(Visit visit, CatalogueForm form) throws ChannelException {
    ApiException error =
        new ApiException(
            ErrorType.VALIDATION,
            form.error().isEmpty() ? "The file's metadata is incomplete." : form.error());
    services.guard().refused(visit.response(), error);
    ChannelPage page = channels.page(visit, form);
    visit.showRefused(
        error,
        Section.CHANNELS,
        "Channel " + page.channel().name(),
        (out, frame) -> JtechannelGenerated.render(out, null, frame, page));
  }

  private void remove(Visit visit) throws ChannelException, InterruptedException {
    requireOperator(visit);
    String name = visit.path("name");
    List<CatalogueEntry> removed =
        Catalogue.of(services.channels(), name).remove(visit.form().text("digest"));
    if (!removed.isEmpty()) {
      channels.beginRefresh(name);
    }
    visit.redirect(Words.channel(name, ""), Notices.CATALOGUE_CHANGED);
  }
}
