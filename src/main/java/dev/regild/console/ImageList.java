package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.console.session.SavedViews;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.ImagesPage;
import dev.regild.console.view.ImagesPage.Column;
import dev.regild.console.view.ImagesPage.Search;
import dev.regild.console.view.Standing;
import dev.regild.console.view.Words;
import dev.regild.image.Image;
import dev.regild.image.ImageSearch;
import dev.regild.image.ImageSearch.Filter;
import dev.regild.image.ImageSearch.Hit;
import dev.regild.image.ImageSearch.Hits;
import dev.regild.image.ImageSearch.Order;
import dev.regild.image.ImageSearch.Place;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Predecessor;
import dev.regild.image.Visibility;
import gg.jte.generated.precompiled.JteimagesGenerated;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** {@code /console/}: the images that the account sees, filtered and sorted by the address. */
final class ImageList implements Console.Pages {
  private static final int ROWS = 50;
  private static final Set<ImageState> BUSY =
      Set.of(
          ImageState.PENDING,
          ImageState.IMPORTING,
          ImageState.VALIDATING,
          ImageState.COPYING,
          ImageState.CREATING,
          ImageState.DELETING);

  private final ConsoleServices services;
  private final SavedViews views;

  ImageList(ConsoleServices services) {
    this.services = services;
    this.views = new SavedViews(services.images().database());
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/", "ConsoleListImages", this::show)
        .act("/console/views", "ConsoleSaveView", this::save)
        .act("/console/views/remove", "ConsoleRemoveView", this::remove);
  }

  /** Whoever may only look keeps no views either: all of the account see them. */
  private void save(Visit visit) {
    visit.requireChanges();
    String name = visit.form().text("name");
    if (name.isEmpty()
        || name.length() > SavedViews.LONGEST_NAME
        || name.chars().anyMatch(Character::isISOControl)) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The name of a view must have 1 to %d characters. Go back and give it another."
              .formatted(SavedViews.LONGEST_NAME));
    }
    String query = address(search(visit.form()::text), visit.form().text("sort"));
    if (!LocalPath.isOurs(query)) {
      throw new ApiException(
          ErrorType.VALIDATION, "The filter is too long for a view. Go back and shorten it.");
    }
    if (!views.put(
        visit.caller().owner().accountId(), new SavedViews.View(name, withoutPath(query)))) {
      throw new ApiException(
          ErrorType.LIMIT_EXCEEDED,
          "The account has %d views, the most that it may have. Remove one first."
              .formatted(SavedViews.MOST));
    }
    visit.redirect(query, Notices.VIEW_SAVED);
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    views.remove(visit.caller().owner().accountId(), visit.form().text("name"));
    visit.redirect("/console/", Notices.VIEW_REMOVED);
  }

  private static String withoutPath(String address) {
    return address.substring(address.indexOf('?') + 1);
  }

  private static Search search(UnaryOperator<String> field) {
    return new Search(
        field.apply("q"),
        field.apply("state"),
        field.apply("platform"),
        field.apply("whose"),
        field.apply("standing"),
        field.apply("tag"),
        field.apply("sort"));
  }

  private void show(Visit visit) {
    Search search = search(visit::query);
    String asked = withoutPath(address(search, search.sort()));
    List<ImagesPage.View> saved =
        views.list(visit.caller().owner().accountId()).stream()
            .map(each ->
                new ImagesPage.View(
                    each.name(), "/console/?" + each.query(), each.query().equals(asked)))
            .toList();
    Caller caller = visit.caller();
    ImageSearch query =
        new ImageSearch(caller.owner(), filter(search), order(search.sort()), place(visit), ROWS);
    ImagesPage page =
        services
            .images()
            .database()
            .read(handle -> {
              Hits hits = query.find(handle);
              Map<String, Standing> found =
                  Standings.of(handle, hits.hits().stream().map(Hit::image).toList());
              return new ImagesPage(
                  search,
                  ImageSearch.platforms(handle, caller.owner()),
                  hits.hits().stream()
                      .map(hit ->
                          row(caller, hit, found.getOrDefault(hit.image().id(), Standing.NONE)))
                      .toList(),
                  columns(search),
                  Images.count(handle, caller.owner()),
                  hits.more() ? link(search, "after", hits.hits().getLast().key()) : "",
                  hits.earlier() && !hits.hits().isEmpty()
                      ? link(search, "before", hits.hits().getFirst().key())
                      : "",
                  !query.filter().equals(Filter.NONE),
                  saved,
                  asked,
                  services.images().clock().instant());
            });
    visit.show(
        Section.IMAGES,
        "Images",
        (out, frame) -> JteimagesGenerated.render(out, null, frame, page));
  }

  private static Filter filter(Search search) {
    return new Filter(
        search.text(),
        switch (search.state()) {
          case "available" -> Set.of(ImageState.AVAILABLE);
          case "busy" -> BUSY;
          case "failed" -> Set.of(ImageState.FAILED);
          default -> Set.of();
        },
        search.platform(),
        switch (search.whose()) {
          case "own" -> Optional.of(Visibility.PRIVATE);
          case "shared" -> Optional.of(Visibility.SHARED);
          case "public" -> Optional.of(Visibility.PUBLIC);
          default -> Optional.empty();
        },
        search.tag(),
        switch (search.standing()) {
          case "current" -> Optional.of(ImageSearch.Standing.CURRENT);
          case "outdated" -> Optional.of(ImageSearch.Standing.OUTDATED);
          case "unknown" -> Optional.of(ImageSearch.Standing.UNKNOWN);
          default -> Optional.empty();
        });
  }

  /** {@code name}, {@code -name}, and so on. */
  private static Order order(String sort) {
    boolean descending = sort.startsWith("-");
    return new Order(
        switch (descending ? sort.substring(1) : sort) {
          case "created" -> ImageSearch.Column.CREATED;
          case "size" -> ImageSearch.Column.SIZE;
          case "changes" -> ImageSearch.Column.CHANGES;
          default -> ImageSearch.Column.NAME;
        },
        descending);
  }

  private static Place place(Visit visit) {
    String after = visit.query("after");
    String before = visit.query("before");
    if (!after.isEmpty()) {
      return new Place.After(key(after));
    }
    return before.isEmpty() ? new Place.First() : new Place.Before(key(before));
  }

  /** No id has a space. */
  private static ImageSearch.Key key(String text) {
    int space = text.indexOf(' ');
    return space < 0
        ? new ImageSearch.Key(text, "")
        : new ImageSearch.Key(text.substring(space + 1), text.substring(0, space));
  }

  private static String link(Search search, String direction, ImageSearch.Key key) {
    return address(search, search.sort())
        + "&"
        + direction
        + "="
        + Words.encoded(key.id() + " " + key.value());
  }

  private static String address(Search search, String sort) {
    StringBuilder address = new StringBuilder("/console/?sort=" + Words.encoded(sort));
    add(address, "q", search.text());
    add(address, "state", search.state());
    add(address, "platform", search.platform());
    add(address, "whose", search.whose());
    add(address, "standing", search.standing());
    add(address, "tag", search.tag());
    return address.toString();
  }

  private static void add(StringBuilder address, String name, String value) {
    if (!value.isEmpty()) {
      address.append('&').append(name).append('=').append(Words.encoded(value));
    }
  }

  private static List<Column> columns(Search search) {
    List<Column> columns = new ArrayList<>();
    columns.add(column(search, "Name", "name"));
    columns.add(new Column("State", "", ""));
    columns.add(new Column("Platform", "", ""));
    columns.add(column(search, "Up to date", "changes"));
    columns.add(new Column("Updated from", "", ""));
    columns.add(column(search, "Created", "created"));
    columns.add(column(search, "Size", "size"));
    return columns;
  }

  private static Column column(Search search, String label, String name) {
    String now = search.sort().isEmpty() ? "name" : search.sort();
    String sort = now.equals(name) ? "ascending" : now.equals("-" + name) ? "descending" : "";
    return new Column(label, address(search, sort.equals("ascending") ? "-" + name : name), sort);
  }

  private static ImagesPage.Row row(Caller caller, Hit hit, Standing standing) {
    Image image = hit.image();
    boolean own = image.owner().equals(caller.owner());
    String account = image.owner().accountId();
    return new ImagesPage.Row(
        image.name(),
        Words.image(image.name(), own ? "" : "?of=" + (account.isEmpty() ? "public" : account)),
        image.displayName().orElse(""),
        account.isEmpty() ? "public" : "of " + account,
        ImagesPage.State.of(image.state()),
        image.platform().orElse("–"),
        standing,
        own ? image.origin().predecessor().map(Predecessor::name).orElse("") : "",
        image.created(),
        hit.layerBytes() == 0 ? "–" : Words.size(hit.layerBytes()),
        own);
  }
}
