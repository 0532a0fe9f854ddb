package dev.regild.console;

import dev.regild.console.view.Standing;
import dev.regild.image.Image;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Finds whether images are up to date. */
final class Standings {
  Map<String, Standing> of(Handle handle, List<Image> images) {
    return Map.of();
  }
}
