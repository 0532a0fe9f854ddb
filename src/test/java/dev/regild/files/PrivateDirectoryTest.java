package dev.regild.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another user of the host may have put where a directory of ours should be. */
class PrivateDirectoryTest {
  private static final int ATTACKER = 65534;

  @TempDir Path directory;
  private Path canary;

  @BeforeEach
  void makeCanary() throws Exception {
    canary = Files.createDirectory(directory.resolve("canary"));
    mode(canary, "rwxr-xr-x");
  }

  @Test
  void aNewOneIsForOurUserAlone() throws Exception {
    PrivateDirectory made = PrivateDirectory.take(directory.resolve("new"));
    assertThat(mode(made.path())).isEqualTo("rwx------");
    assertThat(made.before()).isEmpty();
  }

  @Test
  void anOpenOneIsClosedAndTold() throws Exception {
    Path open = mode(Files.createDirectory(directory.resolve("open")), "rwxrwxr-x");
    PrivateDirectory taken = PrivateDirectory.take(open);
    assertThat(mode(open)).isEqualTo("rwx------");
    assertThat(taken.before()).contains(PosixFilePermissions.fromString("rwxrwxr-x"));
    assertThat(PrivateDirectory.take(open).before()).isEmpty();
  }

  @Test
  void aLinkInItsPlaceIsRefusedAndItsTargetStaysAsItWas() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), canary);
    assertThatThrownBy(() -> PrivateDirectory.take(link))
        .isInstanceOf(ForeignFileException.class)
        .hasMessageContaining("is a link or not a directory");
    assertThat(mode(canary)).isEqualTo("rwxr-xr-x");
  }

  @Test
  void aFileInItsPlaceIsRefused() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThatThrownBy(() -> PrivateDirectory.take(file)).isInstanceOf(ForeignFileException.class);
  }

  @Test
  void aDirectoryOfAnotherUserIsRefused() throws Exception {
    Path planted = planted("planted");
    assertThatThrownBy(() -> PrivateDirectory.take(planted))
        .isInstanceOf(ForeignFileException.class)
        .hasMessageContaining("belongs to the user");
  }

  @Test
  void theOperatorsLinkToAnotherDiskIsFollowedInAPrivateDirectory() throws Exception {
    Files.createSymbolicLink(directory.resolve("packages"), canary);
    assertThat(PrivateDirectory.within(directory, "packages").path()).isEqualTo(canary);
    assertThat(mode(canary)).isEqualTo("rwx------");
  }

  @Test
  void anotherUsersLinkIsNot() throws Exception {
    requireRoot();
    Path link = Files.createSymbolicLink(directory.resolve("packages"), canary);
    Files.setAttribute(link, "unix:uid", ATTACKER, java.nio.file.LinkOption.NOFOLLOW_LINKS);
    assertThatThrownBy(() -> PrivateDirectory.within(directory, "packages"))
        .isInstanceOf(ForeignFileException.class)
        .hasMessageContaining("packages");
    assertThat(mode(canary)).isEqualTo("rwxr-xr-x");
  }

  @Test
  void theRuntimeDirectoryOfTheServiceComesFirst() throws Exception {
    Path service = mode(Files.createDirectory(directory.resolve("service")), "rwxr-xr-x");
    Path users = mode(Files.createDirectory(directory.resolve("users")), "rwx------");
    Map<String, String> environment =
        Map.of("RUNTIME_DIRECTORY", service + ":/elsewhere", "XDG_RUNTIME_DIR", users.toString());
    assertThat(RuntimeDirectory.find(environment, Optional.empty())).contains(service);
    assertThat(RuntimeDirectory.find(Map.of("XDG_RUNTIME_DIR", users.toString()), Optional.empty()))
        .contains(users.resolve("regild"));
    assertThat(mode(users.resolve("regild"))).isEqualTo("rwx------");
  }

  @Test
  void aRuntimeDirectoryThatOthersCanWriteToIsPassedOver() throws Exception {
    Path open = mode(Files.createDirectory(directory.resolve("open")), "rwxrwxrwx");
    Path system = mode(Files.createDirectory(directory.resolve("run")), "rwxr-xr-x");
    assertThat(
            RuntimeDirectory.find(Map.of("XDG_RUNTIME_DIR", open.toString()), Optional.of(system)))
        .contains(system.resolve("regild"));
    assertThat(open).isEmptyDirectory();
  }

  @Test
  void aRuntimeDirectoryThatIsPlantedIsPassedOver() throws Exception {
    Path link = Files.createDirectory(directory.resolve("run"));
    mode(link, "rwxr-xr-x");
    Files.createSymbolicLink(link.resolve("regild"), canary);
    assertThat(RuntimeDirectory.find(Map.of(), Optional.of(link))).isEmpty();
    assertThat(canary).isEmptyDirectory();
    assertThat(mode(canary)).isEqualTo("rwxr-xr-x");

    Path foreign = planted("foreign");
    assertThat(
            RuntimeDirectory.find(
                Map.of("RUNTIME_DIRECTORY", foreign.toString()), Optional.empty()))
        .isEmpty();
  }

  @Test
  void onlyLinksInDirectoriesOfOurOwnAreRemoved() throws Exception {
    Path place = mode(Files.createDirectory(directory.resolve("tmp")), "rwxrwxrwx");
    Path ours = mode(Files.createDirectory(place.resolve("regild-1")), "rwx------");
    Files.createSymbolicLink(ours.resolve("qemu"), canary.resolve("sockets"));
    Path elsewhere = mode(Files.createDirectory(place.resolve("regild-2")), "rwx------");
    Files.createSymbolicLink(elsewhere.resolve("qemu"), directory.resolve("another"));
    Path wide = mode(Files.createDirectory(place.resolve("regild-3")), "rwxrwxrwx");
    Files.createSymbolicLink(wide.resolve("qemu"), canary.resolve("sockets"));
    Path target = mode(Files.createDirectory(directory.resolve("target")), "rwx------");
    Files.createSymbolicLink(target.resolve("qemu"), canary.resolve("sockets"));
    Files.createSymbolicLink(place.resolve("regild-4"), target);

    PrivateLinks.remove(place, "regild-", canary);

    assertThat(ours).doesNotExist();
    assertThat(elsewhere.resolve("qemu")).isSymbolicLink();
    assertThat(wide.resolve("qemu")).isSymbolicLink();
    assertThat(target.resolve("qemu")).isSymbolicLink();
    assertThat(place.resolve("regild-4")).isSymbolicLink();
  }

  @Test
  void theDirectoryAboveThatOthersCanWriteToIsTold() throws Exception {
    Path above = mode(Files.createDirectory(directory.toRealPath().resolve("above")), "rwxr-xr-x");
    Path below = Files.createDirectory(above.resolve("below"));
    assertThat(Ancestors.open(below)).isEmpty();
    mode(above, "rwxrwxrwx");
    assertThat(Ancestors.open(below)).contains(above);
  }

  private Path planted(String name) throws Exception {
    requireRoot();
    Path made = Files.createDirectory(directory.resolve(name));
    Files.setAttribute(made, "unix:uid", ATTACKER);
    return made;
  }

  private static void requireRoot() {
    HostTools.assume(CurrentUser.isRoot(), "only root can give a file to another user");
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static Path mode(Path file, String permissions) throws Exception {
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }
}
