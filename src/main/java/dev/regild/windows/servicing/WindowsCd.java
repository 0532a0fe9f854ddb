package dev.regild.windows.servicing;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.DriverZip;
import dev.regild.archive.FileForm;
import dev.regild.archive.PackageArchive;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.GuestText;
import dev.regild.windows.catalogue.KbMember;
import dev.regild.windows.catalogue.WindowsPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The CD with a guest's packages: one directory each, in the order of installation. A driver's zip
 * is expanded on it. A .msu in cabinet form is expanded into its packages (.cab), because builds
 * before Windows 11 take no .msu while they run. One in WIM form, or with a .psf beside its .cab,
 * is for newer builds and stays whole. The checkpoints that a .msu builds on lie beside it, and
 * nothing else: dism gets the target, and finds them itself.
 *
 * @param iso the image of the CD
 * @param contents every package, in the order of installation
 */
record WindowsCd(Path iso, List<Content> contents) {
  /** The CD's volume label, by which the guest finds it. */
  static final String LABEL = "REGILD";

  /** The name of an image without packages, see {@link #makeEmpty}. */
  static final String EMPTY = "empty.iso";

  private static final String DRIVE =
      "(Get-CimInstance Win32_CDROMDrive | Where-Object VolumeName -eq '%s').Drive"
          .formatted(LABEL);

  private static final Duration LIMIT = Duration.ofMinutes(30);

  /** All updates of a year, with room to spare. */
  private static final Program.Limits LIMITS =
      new Program.Limits(4L << 30, LIMIT, OptionalLong.of(64L << 30));

  /**
   * A package on the CD.
   *
   * @param files that are to be installed one after the other, as paths from the CD's root: {@code
   *     01\netkvm.inf}
   */
  record Content(WindowsPackage pack, List<String> files) {
    Content {
      files = List.copyOf(files);
    }
  }

  WindowsCd {
    contents = List.copyOf(contents);
  }

  /**
   * Makes a CD.
   *
   * @param packages what is to be installed, in any order
   * @param directory of the host with every file of theirs
   * @param workspace takes the CD and what it is made of; made if it is missing
   * @throws GuestException if a package is not what it should be, or a tool is missing; the message
   *     names it
   */
  static WindowsCd make(List<WindowsPackage> packages, Path directory, Path workspace)
      throws GuestException, InterruptedException {
    Path tree = workspace.resolve("cd");
    Path iso = workspace.resolve("packages.iso");
    List<Content> contents = new ArrayList<>();
    try {
      Files.createDirectories(tree);
      List<WindowsPackage> ordered =
          packages.stream().sorted(Comparator.comparing(WindowsPackage::kind)).toList();
      for (WindowsPackage pack : ordered) {
        Path own = tree.resolve(String.format(Locale.ROOT, "%02d", contents.size() + 1));
        Files.createDirectory(own);
        contents.add(new Content(pack, placed(pack, directory.resolve(pack.fileName()), own)));
      }
      write(tree, iso);
    } catch (ProgramException e) {
      throw new GuestException("Cannot create the CD with the packages: " + e.getMessage(), e);
    } catch (GuestException e) {
      throw e;
    } catch (IOException e) {
      throw new GuestException(
          "Cannot create the CD with the packages in " + workspace + ": " + e, e);
    }
    return new WindowsCd(iso, contents);
  }

  /**
   * Makes a CD with nothing on it but a file that says what it is.
   *
   * @param workspace takes the CD, {@value #EMPTY}, and what it is made of; made if it is missing
   */
  static void makeEmpty(Path workspace) throws IOException, ProgramException, InterruptedException {
    Path tree = Files.createDirectories(workspace.resolve("cd"));
    Files.writeString(tree.resolve("regild.txt"), "A Regild CD without packages.\r\n");
    write(tree, workspace.resolve(EMPTY));
  }

  /**
   * Where the guest has the CD: its letter may be another one after a restart.
   *
   * @return {@code D:}
   * @throws GuestException if the guest does not show it
   */
  static String drive(WindowsGuest guest) throws GuestException, InterruptedException {
    String drive = guest.powershell("the CD with the packages", DRIVE).strip();
    if (!drive.toUpperCase(Locale.ROOT).matches("[A-Z]:")) {
      throw guest.failure(
          "Windows does not show the CD with the packages as a drive (it reports \"%s\"). The image's"
                  .formatted(GuestText.end(drive))
              + " CD driver (cdrom.sys) must be on, and no policy may hide the drive.");
    }
    return drive;
  }

  private static void write(Path tree, Path iso)
      throws IOException, ProgramException, InterruptedException {
    Files.write(iso, new byte[0]);
    Sandbox sandbox = Sandbox.reading(linked(tree)).writing(iso);
    // -f puts the content of links on the CD.
    var _ =
        Program.of(
                "xorrisofs",
                "-quiet",
                "-f",
                "-iso-level",
                "3",
                "-J",
                "-joliet-long",
                "-R",
                "-V",
                LABEL,
                "-o",
                iso.toString(),
                tree.toString())
            .within(LIMIT)
            .limitedTo(LIMITS)
            .in(sandbox)
            .run();
  }

  /** The tree, and the files that links in it lead to: packages in the cache, made by us. */
  private static List<Path> linked(Path tree) throws IOException {
    List<Path> files = new ArrayList<>(List.of(tree));
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path link : all.filter(Files::isSymbolicLink).toList()) {
        files.add(link.toRealPath());
      }
    }
    return files;
  }

  private static List<String> placed(WindowsPackage pack, Path file, Path own)
      throws IOException, InterruptedException {
    try {
      return place(pack, file, own);
    } catch (ArchiveException e) {
      throw new GuestException(
          "The file of %s, %s, can't be unpacked: %s."
              .formatted(pack.name(), pack.fileName(), e.getMessage()),
          e);
    }
  }

  private static List<String> place(WindowsPackage pack, Path file, Path own)
      throws IOException, ArchiveException, InterruptedException {
    if (!Files.isRegularFile(file)) {
      throw new GuestException(
          "The file of " + pack.name() + ", " + pack.fileName() + ", is missing.");
    }
    String type = type(pack.fileName());
    if (pack.kind() == WindowsPackage.Kind.DRIVER && type.equals("zip")) {
      DriverZip.unpack(file, own);
      return List.of(path(own, inf(pack, own)));
    }
    if (type.equals("msu") && FileForm.of(file) == FileForm.CABINET && pack.beside().isEmpty()) {
      List<String> cabinets = cabinets(pack, PackageArchive.open(file), own);
      if (!cabinets.isEmpty()) {
        return cabinets;
      }
    }
    List<String> paths = new ArrayList<>();
    boolean unified =
        type.equals("cab")
            && pack.kind() == WindowsPackage.Kind.CUMULATIVE
            && FileForm.of(file) == FileForm.CABINET;
    if (unified) {
      paths.addAll(servicingStacks(PackageArchive.open(file), own));
    }
    Path placed = own.resolve(safe(pack.fileName()));
    Files.createSymbolicLink(placed, file.toRealPath());
    for (String each : pack.beside()) {
      Path checkpoint = file.resolveSibling(each);
      if (!Files.isRegularFile(checkpoint)) {
        throw new GuestException("The file of a checkpoint, " + each + ", is missing.");
      }
      Files.createSymbolicLink(own.resolve(safe(each)), checkpoint.toRealPath());
    }
    paths.add(path(own, placed));
    return paths;
  }

  /** A cumulative update's .cab may have the servicing stack in it that it needs. */
  private static List<String> servicingStacks(PackageArchive cabinet, Path own)
      throws IOException, ArchiveException, InterruptedException {
    List<String> paths = new ArrayList<>();
    for (String name : cabinet.members().stream().sorted().toList()) {
      if (KbMember.isPackage(name) && KbMember.isServicingStack(name)) {
        Path placed = own.resolve(safe(name));
        Files.move(cabinet.unpack(name, own), placed, StandardCopyOption.REPLACE_EXISTING);
        paths.add(path(own, placed));
      }
    }
    return paths;
  }

  /** The INF of the package's name; of several, the one below a directory of its architecture. */
  private static Path inf(WindowsPackage pack, Path own) throws IOException {
    List<Path> named;
    try (Stream<Path> files = Files.walk(own)) {
      named =
          files
              .filter(f -> f.getFileName().toString().equalsIgnoreCase(pack.name()))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
    }
    List<Path> fitting =
        named.size() < 2
            ? named
            : named.stream().filter(f -> isBelow(own.relativize(f), pack.architecture())).toList();
    if (fitting.size() != 1) {
      throw new GuestException(
          "The driver package %s holds %d files of the name %s for %s; there must be one."
              .formatted(pack.fileName(), named.size(), pack.name(), pack.architecture()));
    }
    return fitting.getFirst();
  }

  private static boolean isBelow(Path file, String architecture) {
    for (Path directory : file) {
      String name = directory.toString().toLowerCase(Locale.ROOT);
      if (name.equals(architecture) || (architecture.equals("amd64") && name.equals("x64"))) {
        return true;
      }
    }
    return false;
  }

  /** The packages in a .msu, the servicing stack's first; none if it must stay whole. */
  private static List<String> cabinets(WindowsPackage pack, PackageArchive msu, Path own)
      throws IOException, ArchiveException, InterruptedException {
    if (msu.members().stream().map(WindowsCd::type).anyMatch(Set.of("psf", "wim")::contains)) {
      return List.of();
    }
    List<String> packages =
        msu.members().stream()
            .filter(KbMember::isPackage)
            .sorted(
                Comparator.comparing((String name) -> !KbMember.isServicingStack(name))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    if (packages.isEmpty()) {
      throw new GuestException("There is no update in " + pack.fileName() + ".");
    }
    List<String> paths = new ArrayList<>();
    for (String name : packages) {
      Path placed = own.resolve(safe(name));
      Files.move(msu.unpack(name, own), placed, StandardCopyOption.REPLACE_EXISTING);
      paths.add(path(own, placed));
    }
    return paths;
  }

  private static String type(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  /** A name that no tool of Windows' takes for anything but a name, and not too long for Joliet. */
  private static String safe(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
    return plain.length() <= 100 ? plain : plain.substring(plain.length() - 100);
  }

  private static String path(Path own, Path file) {
    return own.getFileName() + "\\" + own.relativize(file).toString().replace('/', '\\');
  }
}
