package dev.regild.server.protection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The options of the mount that the jobs' directories lie on. */
record DataMount(Path data) implements Protection {
  private static final String WHAT = "data's mount";
  private static final int MOUNT_POINT = 4;
  private static final int OPTIONS = 5;

  @Override
  public Finding look() {
    if (!Files.isDirectory(data)) {
      return Finding.unneeded(WHAT, data + " is not there yet");
    }
    try {
      Path work = Files.isDirectory(data.resolve("work")) ? data.resolve("work") : data;
      Optional<String[]> mount = mountOf(work.toRealPath());
      List<String> wanting = new ArrayList<>(List.of("nosuid", "nodev"));
      mount.ifPresent(fields -> wanting.removeAll(Arrays.asList(fields[OPTIONS].split(","))));
      String point = mount.map(fields -> fields[MOUNT_POINT]).orElse("/");
      return wanting.isEmpty()
          ? Finding.holds(WHAT, point + " has nosuid and nodev")
          : Finding.missing(
              WHAT,
              "%s lacks %s; give the data directory a file system of its own with these options"
                  .formatted(point, String.join(", ", wanting)));
    } catch (IOException e) {
      return Finding.missing(WHAT, Messages.line(e) + "; run doctor as the server's user");
    }
  }

  /** proc(5), mountinfo: the last of the longest mount points above the path. */
  private static Optional<String[]> mountOf(Path path) throws IOException {
    String[] found = null;
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      String[] fields = line.split(" ");
      Path point = Path.of(fields[MOUNT_POINT].replace("\\040", " "));
      if (path.startsWith(point)
          && (found == null || fields[MOUNT_POINT].length() >= found[MOUNT_POINT].length())) {
        found = fields;
      }
    }
    return Optional.ofNullable(found);
  }
}
