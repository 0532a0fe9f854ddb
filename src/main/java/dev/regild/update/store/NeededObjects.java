package dev.regild.update.store;

import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.disk.upload.ObjectUploads;
import dev.regild.disk.upload.UploadRecords;
import dev.regild.image.Flattening;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectRecords;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Decides which objects of the store the registry needs. */
final class NeededObjects {
  /** The folders that the registry's objects are in. */
  static final List<String> FOLDERS =
      List.of(ContentStore.FOLDER, ObjectUploads.FOLDER, ObjectLayerStore.FOLDER);

  private static final String UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
  private static final Pattern LAYER =
      Pattern.compile(Pattern.quote(ObjectLayerStore.FOLDER) + "([^/]+)/\\d{1,9}\\.qcow2");
  private static final Pattern DISK =
      Pattern.compile(
          Pattern.quote(ObjectUploads.FOLDER) + "(ami-[0-9a-f]{17})/" + UUID + "\\.disk");
  private static final Pattern CONTENT =
      Pattern.compile(ContentStore.FOLDER + "[0-9a-f]{64}/" + UUID);

  private NeededObjects() {}

  /** Returns the object of a layer. */
  static ObjectRecord object(Layer layer) {
    return new ObjectRecord(ObjectLayerStore.object(layer), layer.bytes(), layer.sha256());
  }

  /** Returns what the registry has recorded of an object. */
  static Optional<ObjectRecord> recorded(Handle handle, String name) {
    Optional<ObjectRecord> other = ObjectRecords.find(handle, name);
    return other.isPresent() || !name.startsWith(ObjectLayerStore.FOLDER)
        ? other
        : LayerRecords.find(handle, ObjectLayerStore.layer(name))
            .map(NeededObjects::object)
            .filter(it -> it.name().equals(name));
  }

  /**
   * Returns those of the names that must stay: a record names them, a running job or upload may
   * still record them, or they are not ours.
   */
  static Set<String> among(Handle handle, Collection<String> names) {
    Set<String> needed = ObjectRecords.known(handle, names);
    List<Named> layers = new ArrayList<>();
    List<Named> disks = new ArrayList<>();
    for (String name : names) {
      Matcher layer = LAYER.matcher(name);
      Matcher disk = DISK.matcher(name);
      if (layer.matches()) {
        layers.add(new Named(name, layer.group(1)));
      } else if (disk.matches()) {
        disks.add(new Named(name, disk.group(1)));
      } else if (!CONTENT.matcher(name).matches()) {
        needed.add(name);
      }
    }
    addLayers(handle, layers, needed);
    addDisks(handle, disks, needed);
    return needed;
  }

  /** An object's name and the id in it. */
  private record Named(String name, String id) {}

  private static void addLayers(Handle handle, List<Named> layers, Set<String> needed) {
    if (layers.isEmpty()) {
      return;
    }
    LayerRecords.find(handle, ids(layers))
        .forEach(layer -> needed.add(ObjectLayerStore.object(layer)));
    Set<String> inFlight =
        Images.unfinished(handle).stream().map(Image::id).collect(Collectors.toSet());
    for (Named layer : layers) {
      if (inFlight.contains(layer.id()) || isFlattening(handle, layer.id())) {
        needed.add(layer.name());
      }
    }
  }

  private static boolean isFlattening(Handle handle, String id) {
    return Flattenings.find(handle, id)
        .filter(it -> it.state() == Flattening.State.FLATTENING)
        .isPresent();
  }

  private static void addDisks(Handle handle, List<Named> disks, Set<String> needed) {
    if (disks.isEmpty()) {
      return;
    }
    Set<String> ids = ids(disks);
    Set<String> inFlight = new HashSet<>(UploadRecords.underWay(handle, ids));
    inFlight.addAll(ExportTasks.exportingTo(handle, ids));
    disks.stream()
        .filter(disk -> inFlight.contains(disk.id()))
        .map(Named::name)
        .forEach(needed::add);
  }

  private static Set<String> ids(List<Named> objects) {
    return objects.stream().map(Named::id).collect(Collectors.toSet());
  }
}
