package dev.regild.update.store;

import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.image.Flattening;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * The layers that the registry needs at one moment.
 *
 * @param byObject the layers by the names of their objects
 * @param inFlight the ids that running jobs may still publish
 */
record NeededLayers(Map<String, Layer> byObject, Set<String> inFlight) {
  private static final Pattern OBJECT =
      Pattern.compile(Pattern.quote(ObjectLayerStore.FOLDER) + "([^/]+)/\\d{1,9}\\.qcow2");

  static NeededLayers read(Handle handle) {
    return new NeededLayers(
        LayerRecords.list(handle).stream()
            .collect(Collectors.toMap(ObjectLayerStore::object, Function.identity())),
        Images.unfinished(handle).stream().map(Image::id).collect(Collectors.toSet()));
  }

  /** Whether a layer needs the object, or the object is not one of ours. */
  boolean isNeeded(Handle handle, String object) {
    Matcher matcher = OBJECT.matcher(object);
    return !matcher.matches()
        || byObject.containsKey(object)
        || isInFlight(handle, matcher.group(1));
  }

  private boolean isInFlight(Handle handle, String id) {
    Optional<Flattening> flattening = Flattenings.find(handle, id);
    return inFlight.contains(id)
        || flattening.filter(it -> it.state() == Flattening.State.FLATTENING).isPresent();
  }
}
