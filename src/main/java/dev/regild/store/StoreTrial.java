package dev.regild.store;

import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Tests by real calls, on objects of its own, whether a store supports what Regild needs. */
public final class StoreTrial {
  private static final int SMALL = 100_000;

  /** In two parts: S3 takes no part but the last that is smaller than 5 MiB. */
  private static final int LARGE = (int) ObjectStore.PART + 1;

  private final ObjectStore store;
  private final Path directory;
  private final String folder = "doctor/" + UUID.randomUUID() + "/";
  private final List<Outcome> outcomes = new ArrayList<>();

  /**
   * @param directory for files of a few MiB, which the caller removes
   */
  public StoreTrial(ObjectStore store, Path directory) {
    this.store = store;
    this.directory = directory;
  }

  /**
   * The outcome of one trial.
   *
   * @param what was tried
   * @param problem what is wrong; empty if nothing is
   */
  public record Outcome(String what, String problem) {
    public boolean isProblem() {
      return !problem.isEmpty();
    }
  }

  private interface Trial {
    String run() throws IOException, InterruptedException;
  }

  /** Tries everything, and removes the objects. */
  public List<Outcome> run() throws IOException, InterruptedException {
    Path small = file("small", SMALL, 1);
    Path other = file("other", SMALL, 2);
    Path large = file("large", LARGE, 3);
    Path another = file("another", LARGE, 4);
    if (attempt("write an object", () -> written("small", small))) {
      var _ = attempt("refuse to overwrite it", () -> refused("small", other, false));
      var _ = attempt("read it in ranges", () -> read("small", small));
      var _ = attempt("write an object in parts", () -> writtenInParts(large));
      var _ = attempt("refuse to overwrite it in parts", () -> refused("large", another, true));
      var _ = attempt("list objects", this::listed);
      var _ = attempt("list and remove unfinished uploads", this::uploadsListed);
      var _ = attempt("delete objects", this::deleted);
    }
    return outcomes;
  }

  private boolean attempt(String what, Trial trial) throws InterruptedException {
    String problem;
    try {
      problem = trial.run();
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    outcomes.add(new Outcome(what, problem));
    return problem.isEmpty();
  }

  private Path file(String name, int bytes, int fill) throws IOException {
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) fill);
    return Files.write(directory.resolve(name), content);
  }

  private String written(String name, Path file) throws IOException, InterruptedException {
    String sha256 = Sha256.of(file);
    store.write(folder + name, file, sha256);
    Optional<StoredObject> found = store.find(folder + name);
    if (found.isEmpty()) {
      return "The store accepted the object, but does not have it. Check the bucket's rules.";
    }
    if (!found.get().sha256().equals(Optional.of(sha256))) {
      // No other trial follows that would remove it.
      store.delete(folder + name);
      return "The store did not keep the metadata of the object. Regild needs a store that does.";
    }
    return "";
  }

  private String writtenInParts(Path file) throws IOException, InterruptedException {
    store.writeInParts(folder + "large", file, LARGE, Sha256.of(file), false);
    return read("large", file);
  }

  private String refused(String name, Path file, boolean inParts)
      throws IOException, InterruptedException {
    try {
      if (inParts) {
        store.writeInParts(folder + name, file, Files.size(file), Sha256.of(file), false);
      } else {
        store.write(folder + name, file, Sha256.of(file));
      }
    } catch (TakenKeyException e) {
      return "";
    }
    return "The store ignored If-None-Match and overwrote an object. Use a store that supports conditional writes.";
  }

  private String read(String name, Path file) throws IOException, InterruptedException {
    Path back = directory.resolve(name + ".back");
    store.read(folder + name, Files.size(file), back);
    return Files.mismatch(file, back) == -1
        ? ""
        : "The store returned other content than was written.";
  }

  private String listed() throws IOException, InterruptedException {
    List<String> names = store.list(folder).stream().map(StoredObject::name).toList();
    return names.equals(List.of(folder + "large", folder + "small"))
        ? ""
        : "The store has the objects small and large, but lists " + names + ".";
  }

  private String uploadsListed() throws IOException, InterruptedException {
    HalfUpload upload = store.uploads().begin(folder + "half", Optional.empty());
    List<HalfUpload> found = new ArrayList<>();
    store.uploads().list(folder, found::addAll);
    store.uploads().abort(upload);
    if (!found.contains(upload)) {
      return "The store does not list an unfinished upload. Add a rule to the bucket that removes them.";
    }
    List<HalfUpload> left = new ArrayList<>();
    store.uploads().list(folder, left::addAll);
    return left.isEmpty()
        ? ""
        : "The store did not remove an unfinished upload. Add a rule to the bucket that removes them.";
  }

  private String deleted() throws IOException, InterruptedException {
    for (StoredObject object : store.list(folder)) {
      store.delete(object.name());
    }
    return store.list(folder).isEmpty() ? "" : "Objects are still listed after they were deleted.";
  }
}
