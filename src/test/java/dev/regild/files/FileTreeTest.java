package dev.regild.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
  private static final int DEEPER_THAN_DESCRIPTORS_REACH = 3000;

  @TempDir Path directory;
  private Path canary;
  private Path tree;

  @BeforeEach
  void makeTree() throws Exception {
    canary = Files.createDirectory(directory.resolve("canary"));
    Files.writeString(canary.resolve("file"), "sings");
    tree = Files.createDirectory(directory.resolve("tree"));
  }

  @Test
  void everythingBelowGoesAndWhatLinksLeadToStays() throws Exception {
    Files.createSymbolicLink(tree.resolve("link"), canary);
    Path below = Files.createDirectories(tree.resolve("a/b/c"));
    Files.createSymbolicLink(below.resolve("link"), canary.resolve("file"));
    Files.writeString(below.resolve("file"), "ours");
    FileTree.remove(tree);
    assertThat(tree).doesNotExist();
    assertThat(canary.resolve("file")).hasContent("sings");
  }

  @Test
  void aLinkInThePlaceOfTheDirectoryGoesAlone() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), canary);
    FileTree.remove(link);
    assertThat(link).doesNotExist();
    assertThat(canary.resolve("file")).hasContent("sings");
  }

  @Test
  void whatIsNotThereIsNoError() throws Exception {
    FileTree.remove(directory.resolve("nothing"));
    FileTree.remove(directory.resolve("nothing/below"));
  }

  /** A guest can nest directories deeper than a path may be long, and than we may open at once. */
  @Test
  void directoriesMayBeNestedHoweverDeep() throws Exception {
    nest(tree, DEEPER_THAN_DESCRIPTORS_REACH);
    FileTree.remove(tree);
    assertThat(tree).doesNotExist();
  }

  private static void nest(Path top, int levels) throws IOException {
    try (OpenDirectory open = OpenDirectory.open(top)) {
      SecureDirectoryStream<Path> target = open.stream();
      // From the inside out: a path of all levels would be too long.
      Path last = Path.of("level");
      Files.createDirectory(top.resolve(last));
      for (int i = 0; i < levels; i++) {
        Path around = Path.of("around");
        Files.createDirectory(top.resolve(around));
        try (OpenDirectory next = open.enter(around)) {
          target.move(last, next.stream(), Path.of("level"));
        }
        target.move(around, target, last);
      }
    }
  }

  /** A directory that becomes a link while it is removed: either way, the canary lives. */
  @Test
  void aLinkThatIsMadeDuringTheRemovalIsNotFollowed() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Path aside = directory.resolve("aside");
    Thread attacker =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                swap(tree.resolve("swapped"), aside);
              }
            });
    try {
      for (int i = 0; i < 300; i++) {
        Files.createDirectories(tree.resolve("swapped"));
        try {
          FileTree.remove(tree);
        } catch (IOException attackedMeanwhile) {
          // Nothing is lost: the next start removes it.
        }
        assertThat(canary.resolve("file")).hasContent("sings");
        Files.createDirectories(tree);
      }
    } catch (NoSuchFileException | java.nio.file.FileAlreadyExistsException ofTheRace) {
      assertThat(canary.resolve("file")).hasContent("sings");
    } finally {
      done.set(true);
      attacker.join();
    }
  }

  private void swap(Path victim, Path aside) {
    try {
      Files.move(victim, aside);
      Files.createSymbolicLink(victim, canary);
      Files.deleteIfExists(aside);
      Files.deleteIfExists(victim);
    } catch (IOException tooLate) {
      // The removal was faster.
    }
  }
}
