package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.MasterKey;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.shared.Seal;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.db.Database;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.SharedPackages;
import dev.regild.files.FileTree;
import dev.regild.files.LockFile;
import dev.regild.files.Sha256;
import dev.regild.fixtures.TestDatabases;
import dev.regild.plan.InstalledPackage;
import dev.regild.server.MasterKeySeal;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import dev.regild.update.store.StoreCheck;
import dev.regild.update.store.StoreGarbage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Channels, snapshots and packages of two nodes that share a database and a real S3 server. */
@ExtendWith(TestDatabases.class)
class SharedChannelsIT {
  @TempDir static Path serverDirectory;
  private static S3Proxy server;

  @TempDir Path directory;
  private final String prefix = UUID.randomUUID().toString();
  private Database database;
  private ObjectStore objects;
  private ContentStore contents;
  private TestRepository repository;
  private TestKey key;

  @BeforeAll
  static void start() throws Exception {
    server = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    objects = S3Proxy.store(server.endpoint(), prefix, StoreLimits.DEFAULT);
    contents = new ContentStore(database, objects);
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectory(directory.resolve("repository")));
    publish(Map.of(), new Deb("bash", "5.2-1"));
  }

  @AfterEach
  void close() {
    repository.close();
    objects.close();
    database.close();
  }

  private void publish(Map<String, String> fields, Deb... debs) throws Exception {
    repository.publish(key, fields, List.of(debs));
  }

  private Channel channel(String name) throws IOException {
    return new Channel(name, "DEBIAN_12", List.of(repository.source(key)));
  }

  private Path data(String node) throws Exception {
    return Files.createDirectories(
        directory.resolve(node),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private SharedChannels shared(String node) throws Exception {
    SharedChannels shared = new SharedChannels(database, contents, seal(), data(node));
    shared.pull();
    return shared;
  }

  private Seal seal() throws Exception {
    return new MasterKeySeal(MasterKey.load(directory.resolve("master.key"), Optional.empty()));
  }

  private ChannelStore node(String node) throws Exception {
    return new ChannelStore(data(node), Clock.systemUTC(), shared(node));
  }

  /** Waits out the half second in which a reader does not ask the database. */
  private static void later() throws InterruptedException {
    Thread.sleep(600);
  }

  @Test
  void whatOneNodeAddsRefreshesAndRemovesTheOtherHas() throws Exception {
    ChannelStore here = node("here");
    ChannelStore there = node("there");
    here.add(channel("test"));
    String digest = here.refresh("test").digest();
    later();
    assertThat(there.list()).extracting(Channel::name).containsExactly("test");
    Snapshot snapshot = there.current("test").orElseThrow();
    assertThat(snapshot.upgradeOf(new InstalledPackage("bash", "amd64", "5.1-1", false)))
        .contains("5.2-1");
    assertThat(there.status().getFirst().digest()).contains(digest);
    assertThat(there.due()).isEmpty();

    // A node that was away, whose repository is gone.
    repository.close();
    ChannelStore third = node("third");
    assertThat(third.current("test").orElseThrow().manifest().digest()).isEqualTo(digest);
    FileTree.remove(directory.resolve("third/snapshots").resolve(digest));
    assertThat(node("third").snapshot(digest)).isPresent();

    there.remove("test");
    later();
    assertThat(here.list()).isEmpty();
    assertThat(directory.resolve("here/channels/test.yaml")).doesNotExist();
    // An update that was accepted a moment ago may need it.
    here.prune(Set.of());
    assertThat(there.snapshot(digest)).isPresent();
  }

  @Test
  void ofTwoNodesThatChangeAChannelAtOnceOneIsTold() throws Exception {
    ChannelStore here = node("here");
    SharedChannels other = shared("there");
    here.add(channel("test"));
    // The other node has not heard of it, and adds one of that name.
    Files.copy(
        directory.resolve("here/channels/test.yaml"),
        directory.resolve("there/channels/test.yaml"));
    assertThatThrownBy(() -> other.push("test"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("channel 'test' was changed by another node at the same time");
    other.pull();
    new ChannelStore(data("there"), Clock.systemUTC(), other).refresh("test");
    later();
    assertThat(here.current("test")).isPresent();
  }

  @Test
  void aChangeThatCannotBeHandedOnIsUndone() throws Exception {
    node("here").add(channel("test"));
    ObjectStore full = S3Proxy.store(server.endpoint(), prefix + "/none", StoreLimits.DEFAULT);
    SharedChannels failing =
        new SharedChannels(database, new ContentStore(database, full), seal(), data("here"));
    failing.pull();
    ChannelStore here = new ChannelStore(data("here"), Clock.systemUTC(), failing);
    full.close();
    assertThatThrownBy(() -> here.refresh("test")).isInstanceOf(ChannelException.class);
    later();
    assertThat(here.current("test")).isEmpty();
    // So that it is not due again at once, on any node.
    assertThat(here.due()).isEmpty();
    assertThat(node("there").due()).isEmpty();

    Path added =
        Files.createDirectory(directory.resolve("here/channels/test.catalogue")).resolve("a.msu");
    Files.writeString(added, "update");
    assertThatThrownBy(() -> here.handOn("test"));
    later();
    assertThat(here.list()).extracting(Channel::name).containsExactly("test");
    assertThat(added).doesNotExist();
  }

  @Test
  void theCatalogueOfAChannelThatDidNotChangeIsNotReadAgain() throws Exception {
    alone("here");
    ChannelStore here = node("here");
    SharedChannels there = shared("there");
    Path copy = directory.resolve("there/channels/windows.catalogue/a.msu");
    // Reading it would show that it is another file.
    String other = "another " + Files.readString(copy).substring("another ".length());
    Files.writeString(copy, other);
    here.remove("debian");
    there.pull();
    assertThat(directory.resolve("there/channels/debian.yaml")).doesNotExist();
    assertThat(copy).hasContent(other);
    try (LockFile _ = LockFile.acquire(directory.resolve("here/channels/windows.lock"))) {
      here.handOn("windows");
    }
    there.pull();
    assertThat(copy).hasContent("update of here");

    // As many changes as it had before, and a file of the same name and size.
    here.remove("windows");
    here.add(channel("windows"));
    Path catalogue = Files.createDirectory(directory.resolve("here/channels/windows.catalogue"));
    Files.writeString(catalogue.resolve("a.msu"), other);
    try (LockFile _ = LockFile.acquire(directory.resolve("here/channels/windows.lock"))) {
      here.handOn("windows");
    }
    there.pull();
    assertThat(copy).hasContent(other);
  }

  @Test
  void theCertificateOfAChannelThatIsBeingAddedStays() throws Exception {
    alone("there");
    ChannelStore there = node("there");
    SharedChannels here = shared("here");
    Path added = data("here").resolve("client-certificates/added");
    Files.createDirectories(added);
    Files.writeString(added.resolve("key.pem"), "key");
    there.remove("debian");
    try (LockFile _ = LockFile.acquire(directory.resolve("here/channels/added.lock"))) {
      here.pull();
      assertThat(directory.resolve("here/channels/debian.yaml")).doesNotExist();
      assertThat(added.resolve("key.pem")).exists();
    }
    // What a crash left.
    here.pull();
    assertThat(added).doesNotExist();

    there.remove("windows");
    here.pull();
    assertThat(directory.resolve("here/client-certificates/windows")).doesNotExist();
    assertThat(directory.resolve("here/auth.conf")).hasContent("credentials of there");
  }

  @Test
  void theChannelsOfADataDirectoryAreTakenOverAndSecretsAreSealed() throws Exception {
    Path data = data("here");
    new ChannelStore(data, Clock.systemUTC()).add(channel("old"));
    String secret = "machine esm.example login bearer password s3cret";
    Files.writeString(data.resolve("auth.conf"), secret);
    Files.setPosixFilePermissions(
        data.resolve("auth.conf"), PosixFilePermissions.fromString("rw-------"));
    node("here");
    ChannelStore there = node("there");
    assertThat(there.list()).extracting(Channel::name).containsExactly("old");
    Path copy = directory.resolve("there/auth.conf");
    assertThat(copy).hasContent(secret);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
        .isEqualTo("rw-------");
    List<byte[]> sealed =
        database.read(handle ->
            handle.createQuery("SELECT sealed FROM channel_secret").mapTo(byte[].class).list());
    assertThat(sealed)
        .singleElement()
        .satisfies(it -> assertThat(new String(it, UTF_8)).doesNotContain("s3cret"));
    shared("there").writeCredentials("machine other.example login a password b");
    later();
    shared("here").pull();
    assertThat(data.resolve("auth.conf")).hasContent("machine other.example login a password b");
  }

  /** A server's data directory as it was before it had a store. */
  private Path alone(String node) throws Exception {
    Path data = data(node);
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(channel("debian"));
    channels.add(channel("windows"));
    Path catalogue = Files.createDirectory(data.resolve("channels/windows.catalogue"));
    Files.writeString(catalogue.resolve("a.msu"), "update of " + node);
    Path certificate = Files.createDirectories(data.resolve("client-certificates/windows"));
    Files.writeString(certificate.resolve("key.pem"), "key of " + node);
    Files.writeString(data.resolve("auth.conf"), "credentials of " + node);
    return data;
  }

  private static void assertIsWhole(Path data, String of) {
    assertThat(data.resolve("channels/debian.yaml")).exists();
    assertThat(data.resolve("channels/windows.yaml")).exists();
    assertThat(data.resolve("channels/windows.catalogue/a.msu")).hasContent("update of " + of);
    assertThat(data.resolve("client-certificates/windows/key.pem")).hasContent("key of " + of);
    assertThat(data.resolve("auth.conf")).hasContent("credentials of " + of);
  }

  /** Cannot seal the secrets of a channel. */
  private Seal sealThatFailsAt(String channel) throws Exception {
    Seal seal = seal();
    return new Seal() {
      @Override
      public byte[] seal(String name, byte[] content) {
        if (name.contains("/" + channel + "/")) {
          throw new IllegalStateException("no more today");
        }
        return seal.seal(name, content);
      }

      @Override
      public byte[] open(String name, byte[] sealed) {
        return seal.open(name, sealed);
      }
    };
  }

  @Test
  void anAdoptionThatWasInterruptedGoesOnAndNothingIsLost() throws Exception {
    Path data = alone("here");
    SharedChannels killed =
        new SharedChannels(database, contents, sealThatFailsAt("windows"), data);
    assertThatThrownBy(killed::pull).hasMessage("no more today");
    assertThat(SharedChannels.areIn(data)).isFalse();
    assertThat(node("there").list()).extracting(Channel::name).containsExactly("debian");

    assertThat(node("here").list()).extracting(Channel::name).containsExactly("debian", "windows");
    assertIsWhole(data, "here");
    assertThat(SharedChannels.areIn(data)).isTrue();
    assertThat(data.resolve("before-store")).doesNotExist();
    shared("there").pull();
    assertIsWhole(data("there"), "here");
  }

  @Test
  void whatTheStoreHasAnotherOfIsMovedAndNotRemoved() throws Exception {
    alone("here");
    Path data = alone("there");
    shared("here").pull();
    shared("there").pull();
    assertIsWhole(data, "here");
    try (Stream<Path> files = Files.walk(data.resolve("before-store"))) {
      assertThat(files.filter(Files::isRegularFile).filter(file -> isOf("there", file)))
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrder("a.msu", "key.pem", "auth.conf");
    }
  }

  private static boolean isOf(String node, Path file) {
    try {
      return Files.readString(file).endsWith(" of " + node);
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void anEmptyDatabaseGetsTheCopies() throws Exception {
    Path data = alone("here");
    shared("here").pull();
    database.useTransaction(handle -> {
      handle.execute("DELETE FROM channel");
      handle.execute("DELETE FROM channel_secret");
      handle.execute("UPDATE channel_revision SET revision = 0");
    });
    shared("here").pull();
    assertIsWhole(data, "here");
    shared("there").pull();
    assertIsWhole(data("there"), "here");
  }

  @Test
  void aByteThatChangedInTheStoreIsAnErrorThatNamesTheFile() throws Exception {
    ChannelStore here = node("here");
    here.add(channel("test"));
    String digest = here.refresh("test").digest();
    here.add(channel("z-other"));
    String packages =
        server.files(prefix + "/content").stream()
            .filter(file -> isPackages(file))
            .findFirst()
            .orElseThrow();
    byte[] content = Files.readAllBytes(server.file(packages));
    content[content.length - 1] ^= 1;
    Files.write(server.file(packages), content);
    // The node starts, and has the other channels; each look is quick until something changes.
    SharedChannels there = shared("there");
    assertThat(directory.resolve("there/channels/z-other.yaml")).exists();
    assertThat(directory.resolve("there/channels/test.yaml")).doesNotExist();
    assertThatThrownBy(() -> there.bring(digest))
        .hasMessageContaining("of the snapshot " + digest + " was changed in the store")
        .hasMessageContaining(packages.substring(prefix.length() + 1));
    content[content.length - 1] ^= 1;
    Files.write(server.file(packages), content);
    later();
    there.look();
    assertThat(directory.resolve("there/channels/test.yaml")).doesNotExist();
    here.add(channel("z-third"));
    later();
    there.look();
    assertThat(directory.resolve("there/channels/z-third.yaml")).exists();
    assertThat(directory.resolve("there/channels/test.yaml")).exists();
    content[content.length - 1] ^= 1;
    Files.write(server.file(packages), content);
    assertThat(new StoreCheck(database, objects).run(true))
        .extracting(StoreCheck.Finding::problem)
        .containsExactly(StoreCheck.Problem.CHANGED);
  }

  private static boolean isPackages(String object) {
    try {
      return Files.readString(server.file(object)).contains("Package: bash");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void contentsThatNothingRefersToAreGarbage() throws Exception {
    ChannelStore here = node("here");
    here.add(channel("test"));
    here.refresh("test");
    here.remove("test");
    database.useTransaction(handle -> handle.execute("DELETE FROM snapshot"));
    StoreGarbage garbage = new StoreGarbage(database, objects, Duration.ofMillis(1));
    Thread.sleep(1100);
    assertThat(garbage.collect().waiting()).isNotEmpty();
    Thread.sleep(1100);
    assertThat(garbage.collect().removed()).isNotEmpty();
    assertThat(server.files(prefix + "/content")).isEmpty();
  }

  @Test
  void aPackageThatOneNodeDownloadedTheOtherTakesFromTheStore() throws Exception {
    Files.writeString(directory.resolve("repository/a.deb"), "package");
    PackageFile file =
        new PackageFile(
            URI.create(repository.uri() + "/a.deb"),
            "a.deb",
            7,
            Sha256.of("package".getBytes(UTF_8)));
    SharedPackages packages = new SharedPackages(database, contents);
    PackageCache here = new PackageCache(data("here"), packages);
    assertThat(here.fetch(List.of(file), 1, _ -> {}).get(file)).hasContent("package");
    repository.close();
    PackageCache there = new PackageCache(data("there"), packages);
    assertThat(there.fetch(List.of(file), 1, _ -> {}).get(file)).hasContent("package");

    String object = server.files(prefix + "/content").getFirst();
    Files.writeString(server.file(object), "packagE");
    PackageCache third = new PackageCache(data("third"), packages);
    // It asks the mirror, which is gone.
    assertThatThrownBy(() -> third.fetch(List.of(file), 1, _ -> {}))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("/a.deb could not be read");
  }
}
