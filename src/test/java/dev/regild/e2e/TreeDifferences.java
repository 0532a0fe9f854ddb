package dev.regild.e2e;

import dev.regild.demo.AgentPackage;
import dev.regild.e2e.GuestTree.Entry;
import dev.regild.servicing.Guest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Asks of each path that an update changed who is answerable for it. */
final class TreeDifferences {
  /** What maintainer scripts and the package manager are known to write beside their own files. */
  private static final List<Pattern> KNOWN_OUTPUTS =
      List.of(
          // The records of dpkg, apt, debconf, ucf and deb-systemd-helper.
          Pattern.compile("/var/lib/dpkg(/.*)?"),
          Pattern.compile("/var/lib/apt/extended_states"),
          Pattern.compile("/var/cache/debconf/.*"),
          Pattern.compile("/var/lib/ucf/.*"),
          Pattern.compile("/var/lib/systemd/deb-systemd-helper-.*"),
          // What a kernel's scripts make: initrd, links, boot menu, the modules' index.
          Pattern.compile("/boot/initrd\\.img-.*"),
          Pattern.compile("/var/lib/initramfs-tools/.*"),
          Pattern.compile("/(vmlinuz|initrd\\.img)(\\.old)?"),
          Pattern.compile("/boot/grub/grub\\.cfg"),
          Pattern.compile("/usr/lib/modules/[^/]+/modules\\..*"),
          // The linker's cache, and the trusted certificates in the forms that programs read.
          Pattern.compile("/etc/ld\\.so\\.cache"),
          Pattern.compile("/var/cache/ldconfig/aux-cache"),
          Pattern.compile("/etc/ssl/certs(/.*)?"),
          // A configuration file whose new form the owner did not take.
          Pattern.compile(Pattern.quote(AgentPackage.CONFFILE) + "\\.dpkg-dist"));

  private TreeDifferences() {}

  /** The paths that were made, removed or changed. */
  static SortedSet<String> changed(GuestTree before, GuestTree after) {
    SortedSet<String> paths = new TreeSet<>(before.entries().keySet());
    paths.addAll(after.entries().keySet());
    paths.removeIf(path -> Objects.equals(before.entries().get(path), after.entries().get(path)));
    return paths;
  }

  /** The names of the packages that are new, gone, or at another version. */
  static Set<String> changedPackages(GuestTree before, GuestTree after) {
    Set<String> names = new TreeSet<>(before.versions().keySet());
    names.addAll(after.versions().keySet());
    names.removeIf(name -> Objects.equals(before.versions().get(name), after.versions().get(name)));
    return names;
  }

  /**
   * The paths that some packages own.
   *
   * @param packages those that are not installed own nothing
   */
  static Set<String> owned(Guest guest, GuestTree tree, Set<String> packages) throws Exception {
    List<String> command = new ArrayList<>(List.of("dpkg-query", "--listfiles"));
    packages.stream().filter(tree.versions()::containsKey).forEach(command::add);
    Set<String> paths = new HashSet<>();
    guest
        .run(command.toArray(String[]::new))
        .lines()
        .filter(line -> line.startsWith("/"))
        .forEach(line -> paths.add(throughLinks(tree, line)));
    return paths;
  }

  /** Packages still name {@code /lib/x} what lies in {@code /usr/lib/x}. */
  private static String throughLinks(GuestTree tree, String path) {
    int end = path.indexOf('/', 1);
    if (end < 0) {
      return path;
    }
    return Optional.ofNullable(tree.entries().get(path.substring(0, end)))
        .filter(entry -> entry.type().equals("l"))
        .map(entry -> "/" + entry.content() + path.substring(end))
        .orElse(path);
  }

  /** The changed paths that nobody is answerable for, each with what it was and is. */
  static List<String> unaccounted(GuestTree before, GuestTree after, Set<String> owned) {
    return changed(before, after).stream()
        .filter(path -> !owned.contains(path))
        .filter(path -> KNOWN_OUTPUTS.stream().noneMatch(p -> p.matcher(path).matches()))
        .map(path ->
            "%s: %s -> %s"
                .formatted(
                    path, shown(before.entries().get(path)), shown(after.entries().get(path))))
        .toList();
  }

  private static String shown(Entry entry) {
    return entry == null
        ? "nothing"
        : String.join(" ", entry.type(), entry.mode(), entry.owner(), entry.content());
  }
}
