package dev.regild.archive;

import dev.regild.machine.Sandbox;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** The first image of a WIM, read by wimlib. */
final class WimArchive implements PackageArchive {
  private static final String FIRST_IMAGE = "1";

  private final Path file;
  private final Set<String> members;

  private WimArchive(Path file, Set<String> members) {
    this.file = file;
    this.members = members;
  }

  static WimArchive open(Path file) throws ArchiveException, InterruptedException {
    String listing =
        PackageArchive.run(
            Sandbox.reading(file), "wimlib-imagex", "dir", file.toString(), FIRST_IMAGE);
    return new WimArchive(file, members(listing));
  }

  /** The members that a listing of wimlib's names, a path on each line. */
  static Set<String> members(String listing) throws ArchiveException {
    Set<String> members = new LinkedHashSet<>();
    for (String line : listing.lines().toList()) {
      String path = line.replaceFirst("^/", "");
      if (!path.isEmpty()) {
        PackageArchive.checkName(path);
      }
      if (PLAIN.matcher(path).matches()) {
        members.add(path);
      }
    }
    return members;
  }

  @Override
  public Set<String> members() {
    return members;
  }

  @Override
  public String text(String member) throws ArchiveException, InterruptedException {
    return PackageArchive.run(
        Sandbox.reading(file),
        "wimlib-imagex",
        "extract",
        file.toString(),
        FIRST_IMAGE,
        "/" + member,
        "--to-stdout");
  }

  @Override
  public Path unpack(String member, Path directory) throws ArchiveException, InterruptedException {
    PackageArchive.run(
        Sandbox.reading(file).writing(directory),
        "wimlib-imagex",
        "extract",
        file.toString(),
        FIRST_IMAGE,
        "/" + member,
        "--no-acls",
        "--dest-dir=" + directory);
    Path unpacked = directory.resolve(member);
    if (!Files.isRegularFile(unpacked, LinkOption.NOFOLLOW_LINKS)) {
      throw new ArchiveException(
          "its member " + member + " is a link or a folder; get it from its vendor again");
    }
    return unpacked;
  }
}
