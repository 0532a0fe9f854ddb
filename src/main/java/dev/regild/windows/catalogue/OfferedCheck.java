package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.FileForm;
import dev.regild.channel.ChannelException;
import dev.regild.files.FileTree;
import dev.regild.windows.catalogue.Authenticode.UnsignedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Checks a file of a server before it is used. Size and SHA-256 are as its metadata has them
 * already; it must be signed as well, and say of itself what the metadata says.
 */
final class OfferedCheck {
  private final OfferedUpdates from;
  private final Authenticode authenticode;

  OfferedCheck(OfferedUpdates from) {
    this.from = from;
    this.authenticode =
        new Authenticode(
            Optional.of(from.signedBy()).filter(each -> !each.isEmpty()).map(Path::of));
  }

  /**
   * Checks the file of an update.
   *
   * @throws ChannelException if it is not what the metadata describes, or not signed
   */
  void update(OfferedUpdate update, Path file)
      throws ChannelException, IOException, InterruptedException {
    check(update.facts().kb(), update.file(), file, facts -> compared(update, facts));
  }

  /** Checks the file of a checkpoint. */
  void checkpoint(OfferedUpdate.Checkpoint checkpoint, String architecture, Path file)
      throws ChannelException, IOException, InterruptedException {
    check(
        checkpoint.kb(),
        checkpoint.file(),
        file,
        facts -> {
          require("KB", checkpoint.kb(), facts.kb());
          require("architecture", architecture, facts.architecture());
        });
  }

  private interface Comparison {
    void of(PackageFacts facts) throws ArchiveException;
  }

  private void check(String kb, OfferedFile offered, Path file, Comparison comparison)
      throws ChannelException, IOException, InterruptedException {
    Path work = Files.createTempDirectory("regild-update-");
    try {
      signature(file, work);
      comparison.of(KbReader.read(file, Files.createDirectory(work.resolve("parts"))));
    } catch (ArchiveException | UnsignedException | IllegalArgumentException e) {
      throw new ChannelException(
          "the file of %s from %s (%s) can't be used: %s; if the server is the right one, add the update by hand (regild channel add-update)"
              .formatted(kb, from.server(), offered.fileName(), e.getMessage()),
          e);
    } finally {
      FileTree.remove(work);
    }
  }

  /** A .msu that is a WIM has no place for a signature: then the server must be a safe source. */
  private void signature(Path file, Path work)
      throws UnsignedException, IOException, InterruptedException {
    if (FileForm.of(file) == FileForm.WIM) {
      if (!from.isSecure()) {
        throw new UnsignedException(
            "a .msu of this form has no signature, and its digest came by insecure http");
      }
      return;
    }
    var _ = authenticode.verify(file, work);
  }

  private static void compared(OfferedUpdate update, PackageFacts facts) throws ArchiveException {
    PackageFacts said = update.facts();
    require("KB", said.kb(), facts.kb().isEmpty() ? said.kb() : facts.kb());
    require("kind", said.kind().name(), facts.kind().name());
    require("name", said.name(), facts.name());
    require("architecture", said.architecture(), facts.architecture());
    require("build", said.resultingBuild(), facts.resultingBuild());
    if (!facts.builds().isEmpty()) {
      require("builds", said.builds().toString(), facts.builds().toString());
    }
    if (update.exact()) {
      require("version", said.version(), facts.version());
    }
  }

  private static void require(String what, String said, String actual) throws ArchiveException {
    if (!said.equals(actual)) {
      throw new ArchiveException(
          "its %s is '%s', but the server's metadata says '%s'".formatted(what, actual, said));
    }
  }
}
