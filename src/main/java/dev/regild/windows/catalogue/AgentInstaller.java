package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.FileForm;
import java.io.IOException;
import java.nio.file.Path;

/** Reads what an installer of an agent says of itself. */
public final class AgentInstaller {
  private AgentInstaller() {}

  /**
   * Reads an {@code .msi}.
   *
   * @param architecture of the machines
   * @throws ArchiveException if it is something else, or for other machines
   */
  public static PackageFacts read(Path file, String architecture)
      throws ArchiveException, IOException, InterruptedException {
    if (FileForm.of(file) != FileForm.INSTALLER) {
      throw new ArchiveException("its first bytes are not those of an .msi");
    }
    PackageFacts facts = MsiReader.read(file);
    if (!Catalogue.fits(facts, architecture)) {
      throw new ArchiveException(
          "it is for %s, but the channel is for %s".formatted(facts.architecture(), architecture));
    }
    if (!facts.missing().isEmpty()) {
      throw new ArchiveException("it does not say " + facts.missing().getFirst().meaning());
    }
    return facts;
  }
}
