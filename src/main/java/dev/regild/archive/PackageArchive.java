package dev.regild.archive;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A cabinet or a WIM with parts of an update. It may be hostile: a name that leads out of it is
 * refused, and the tools that unpack it see only it and the target directory ({@link Sandbox}),
 * with little memory and time ({@link Program.Limits#UNPACKING}).
 */
public sealed interface PackageArchive permits CabinetArchive, WimArchive {
  /** Names of members that we unpack; others, which only Windows reads, may be odder. */
  Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._ ()~+-]{0,199}");

  /** The names of its members that lie in no directory and have plain names. */
  Set<String> members();

  /** The text of a member, at most {@link Program#MAX_OUTPUT_BYTES}. */
  String text(String member) throws ArchiveException, InterruptedException;

  /**
   * Unpacks a member.
   *
   * @param directory is there, and has no file of that name
   * @return its file
   */
  Path unpack(String member, Path directory) throws ArchiveException, InterruptedException;

  /**
   * Opens a file by its first bytes.
   *
   * @throws ArchiveException if it is neither, is damaged, or has names that lead out of it
   */
  static PackageArchive open(Path file) throws ArchiveException, IOException, InterruptedException {
    return switch (FileForm.of(file)) {
      case CABINET -> CabinetArchive.open(file);
      case WIM -> WimArchive.open(file);
      case ZIP, INSTALLER, OTHER ->
          throw new ArchiveException("its first bytes are neither a cabinet's nor a WIM's");
    };
  }

  /** Runs a tool on untrusted input, which sees what the sandbox holds. */
  static String run(Sandbox sandbox, String... command)
      throws ArchiveException, InterruptedException {
    Program.Limits limits = Program.Limits.UNPACKING;
    try {
      return Program.of(command).within(limits.cpuTime()).limitedTo(limits).in(sandbox).run();
    } catch (ProgramException e) {
      throw new ArchiveException("cannot unpack it: " + e.getMessage(), e);
    }
  }

  /**
   * Refuses the name of a member that leads out of it.
   *
   * @param name with slashes
   * @throws ArchiveException if it leads out of the directory that it is unpacked in
   */
  static void checkName(String name) throws ArchiveException {
    boolean bad =
        name.isEmpty()
            || name.startsWith("/")
            || name.contains(":")
            || name.chars().anyMatch(Character::isISOControl)
            || List.of(name.split("/", -1)).contains("..");
    if (bad) {
      throw new ArchiveException(
          "it contains a file whose name leads outside: '"
              + name.replaceAll("\\p{Cntrl}", "?")
              + "'; get it from its vendor again");
    }
  }
}
