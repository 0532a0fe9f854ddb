package dev.regild.console;

import dev.regild.image.ImageSearch;
import dev.regild.image.ImageState;
import dev.regild.image.Owner;
import dev.regild.image.Visibility;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The images that forms propose: the newest ones; others are found by typing. */
public final class ImageChoices {
  private static final int MOST = 100;

  private ImageChoices() {}

  /** Returns the names of an owner's newest images that are AVAILABLE. */
  public static List<String> of(Handle handle, Owner owner) {
    return new ImageSearch(
            owner,
            new ImageSearch.Filter(
                "",
                Set.of(ImageState.AVAILABLE),
                "",
                Optional.of(Visibility.PRIVATE),
                "",
                Optional.empty()),
            new ImageSearch.Order(ImageSearch.Column.CREATED, true),
            new ImageSearch.Place.First(),
            MOST)
        .find(handle).hits().stream().map(hit -> hit.image().name()).toList();
  }
}
