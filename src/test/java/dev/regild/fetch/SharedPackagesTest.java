package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.TestRepository;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.fixtures.TestDatabases;
import dev.regild.store.ContentStore;
import dev.regild.store.MemoryS3;
import dev.regild.store.ObjectStore;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages of nodes that share a store which has lost or changed some. */
class SharedPackagesTest {
  private static final String CONTENT = "a package";
  private static final String SHA256 = Sha256.of(CONTENT.getBytes(UTF_8));

  @TempDir Path directory;
  private TestRepository mirror;
  private Database database;
  private MemoryS3 server;
  private ObjectStore objects;
  private ContentStore contents;
  private PackageFile file;

  @BeforeEach
  void shareAPackage() throws Exception {
    mirror = new TestRepository(Files.createDirectory(directory.resolve("mirror")));
    Files.writeString(mirror.root.resolve("a.deb"), CONTENT);
    file = new PackageFile(URI.create(mirror.uri() + "/a.deb"), "a.deb", CONTENT.length(), SHA256);
    database = TestDatabases.open(directory.resolve("regild.db"));
    server = new MemoryS3();
    objects = server.store();
    contents = new ContentStore(database, objects);
    fetch("first");
    fetch("second");
    assertThat(mirror.takeAnswers()).containsExactly("200 /a.deb");
  }

  @AfterEach
  void close() {
    objects.close();
    server.close();
    database.close();
    mirror.close();
  }

  private void fetch(String node) throws Exception {
    PackageCache cache =
        new PackageCache(
            Files.createDirectory(directory.resolve(node)), new SharedPackages(database, contents));
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file)).hasContent(CONTENT);
  }

  private List<String> recorded() {
    return database.read(
        handle -> handle.createQuery("SELECT name FROM stored_object").mapTo(String.class).list());
  }

  /** The object is replaced by a new one, which other nodes then take. */
  private void assertTakenFromTheMirrorOnce() throws Exception {
    String damaged = recorded().getFirst();
    fetch("third");
    assertThat(mirror.takeAnswers()).containsExactly("200 /a.deb");
    assertThat(recorded()).singleElement().isNotEqualTo(damaged);
    fetch("fourth");
    assertThat(mirror.takeAnswers()).isEmpty();
  }

  @Test
  void whatAnotherNodeHasIsNotAbsent() throws Exception {
    PackageCache cache =
        new PackageCache(directory.resolve("third"), new SharedPackages(database, contents));
    PackageFile other =
        new PackageFile(file.uri(), "b.deb", 1, SHA256.replace(SHA256.charAt(0), 'f'));

    assertThat(cache.absent(List.of(file, other))).containsExactly(other);
  }

  @Test
  void aLostPackageIsTakenFromTheMirror() throws Exception {
    server.objects.clear();
    assertTakenFromTheMirrorOnce();
  }

  @Test
  void aPackageWithOtherBytesIsTakenFromTheMirror() throws Exception {
    server.objects.replaceAll((_, object) -> new byte[object.length]);
    assertTakenFromTheMirrorOnce();
  }

  @Test
  void aPackageOfAnotherSizeIsTakenFromTheMirror() throws Exception {
    server.objects.replaceAll((_, _) -> new byte[3]);
    assertTakenFromTheMirrorOnce();
  }

  @Test
  void anObjectThatASnapshotNeedsTooIsWrittenAgain() throws Exception {
    String object = recorded().getFirst();
    database.useTransaction(handle -> {
      handle.execute("INSERT INTO snapshot (digest, kept) VALUES ('1234', 0)");
      handle.execute(
          "INSERT INTO snapshot_file (digest, path, object) VALUES ('1234', 'a', ?)", object);
    });
    server.objects.clear();
    fetch("third");
    assertThat(recorded()).containsExactly(object);
    assertThat(objects.sha256(object, CONTENT.length())).isEqualTo(SHA256);
  }
}
