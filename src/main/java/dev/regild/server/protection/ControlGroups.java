package dev.regild.server.protection;

import dev.regild.files.CurrentUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Control groups, which limit memory, processes and I/O of a guest. */
final class ControlGroups implements Protection {
  private static final String WHAT = "cgroups";
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final List<String> V2 = List.of("memory", "pids", "io");
  private static final List<String> V1 = List.of("memory", "pids", "blkio");

  @Override
  public Finding look() {
    try {
      Path controllers = ROOT.resolve("cgroup.controllers");
      if (Files.exists(controllers)) {
        return second(List.of(Files.readString(controllers).strip().split(" ")));
      }
      return first();
    } catch (IOException e) {
      return Finding.missing(WHAT, Messages.line(e) + "; mount cgroup2 on " + ROOT);
    }
  }

  private static Finding second(List<String> offered) throws IOException {
    List<String> absent = new ArrayList<>(V2);
    absent.removeAll(offered);
    if (!absent.isEmpty()) {
      return Finding.missing(
          WHAT, "version 2 without %s; delegate them (Delegate=yes)".formatted(absent));
    }
    Path own = ROOT.resolve(ownGroup());
    return canMakeGroup(own)
        ? Finding.holds(WHAT, "version 2 with memory, pids and io; a group was created in " + own)
        : notOurs("version 2 with memory, pids and io");
  }

  private static Finding first() {
    List<String> absent = new ArrayList<>();
    for (String controller : V1) {
      if (!Files.isDirectory(ROOT.resolve(controller))) {
        absent.add(controller);
      }
    }
    if (!absent.isEmpty()) {
      return Finding.missing(WHAT, "no controller %s; mount cgroup2 on %s".formatted(absent, ROOT));
    }
    return V1.stream().allMatch(controller -> canMakeGroup(ROOT.resolve(controller)))
        ? Finding.holds(WHAT, "version 1 with memory, pids and blkio; a group was created in each")
        : notOurs("version 1 with memory, pids and blkio");
  }

  private static Finding notOurs(String seen) {
    return CurrentUser.isRoot()
        ? Finding.missing(WHAT, seen + ", but groups cannot be created; mount it writable")
        : Finding.unneeded(
            WHAT, seen + "; the root helper creates the groups, so run doctor as root");
  }

  /** proc(5): 0::/system.slice/regild.service. */
  private static String ownGroup() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
        .filter(line -> line.startsWith("0::/"))
        .map(line -> line.substring("0::/".length()))
        .findFirst()
        .orElse("");
  }

  private static boolean canMakeGroup(Path parent) {
    Path group = parent.resolve("regild-doctor-" + ProcessHandle.current().pid());
    try {
      Files.createDirectory(group);
      Files.delete(group);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
