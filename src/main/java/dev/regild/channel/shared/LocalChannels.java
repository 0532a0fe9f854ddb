package dev.regild.channel.shared;

import dev.regild.channel.shared.ChannelRows.ChannelRow;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of channels in a node's data directory. */
final class LocalChannels {
  static final String CREDENTIALS = "auth.conf";

  /** Says that all channels here are in the store, so that the files here are copies. */
  private static final String MARK = ".shared";

  private static final String CERTIFICATES = "client-certificates/";

  /** Has what was here under the name of something else in the store. */
  private static final String ASIDE = "before-store";

  private final Path data;
  private final Path directory;

  LocalChannels(Path data) throws IOException {
    this.data = data;
    this.directory = PrivateDirectory.within(data, "channels").path();
  }

  /** Whether the channels of a data directory are copies of what is in a store. */
  static boolean areIn(Path data) {
    return Files.exists(data.resolve("channels").resolve(MARK));
  }

  boolean areCopies() {
    return areIn(data);
  }

  void setCopies(boolean copies) throws IOException {
    if (copies) {
      DurableFiles.write(directory.resolve(MARK), "");
    } else {
      Files.deleteIfExists(directory.resolve(MARK));
    }
  }

  /** Returns what to lock while the channels here are put into the store. */
  Path adoption() {
    return directory.resolve(".adoption.lock");
  }

  /**
   * A channel's small files.
   *
   * @param snapshot the digest of the current one
   */
  record Content(String definition, Optional<String> snapshot, Optional<String> state) {
    ChannelRow row(String name, long revision) {
      return new ChannelRow(name, definition, snapshot, state, revision);
    }
  }

  /** Returns the channels that have files here. */
  List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".yaml") && !name.startsWith("."))
          .map(name -> name.substring(0, name.length() - ".yaml".length()))
          .sorted()
          .toList();
    }
  }

  Path lock(String channel) {
    return file(channel, ".lock");
  }

  /** Returns a channel's small files; empty if it has none. */
  Optional<Content> read(String channel) throws IOException {
    Optional<String> definition = text(file(channel, ".yaml"));
    return definition.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Content(
                definition.get(),
                text(file(channel, ".current")).map(String::strip),
                text(file(channel, ".state"))));
  }

  private static Optional<String> text(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Writes those of a channel's files that differ, the definition last. */
  void write(ChannelRow row) throws IOException {
    write(file(row.name(), ".current"), row.snapshot().map(digest -> digest + "\n"));
    write(file(row.name(), ".state"), row.state());
    write(file(row.name(), ".yaml"), Optional.of(row.definition()));
  }

  private static void write(Path file, Optional<String> text) throws IOException {
    if (text.isEmpty()) {
      Files.deleteIfExists(file);
    } else if (!text.equals(text(file))) {
      DurableFiles.write(file, text.get());
    }
  }

  /**
   * Moves a channel's files and secrets out of the way, for somebody to look at.
   *
   * @return where they are
   */
  Path setAside(String channel) throws IOException {
    Path aside = aside(channel);
    moveIfThere(data.resolve(CERTIFICATES + channel), aside.resolve("client-certificates"));
    // The definition last: what it does not name would not be moved after a crash.
    for (String ending : List.of(".catalogue", ".current", ".state", ".yaml")) {
      moveIfThere(file(channel, ending), aside.resolve(channel + ending));
    }
    return aside;
  }

  /** As {@link #setAside}, for the credentials of repositories. */
  Path setCredentialsAside() throws IOException {
    Path aside = aside(CREDENTIALS);
    moveIfThere(data.resolve(CREDENTIALS), aside.resolve(CREDENTIALS));
    return aside;
  }

  private Path aside(String name) throws IOException {
    return Files.createTempDirectory(PrivateDirectory.within(data, ASIDE).path(), name + "-");
  }

  private static void moveIfThere(Path from, Path to) throws IOException {
    if (Files.exists(from)) {
      DurableFiles.move(from, to);
    }
  }

  /** Removes a channel's files. */
  void remove(String channel) throws IOException {
    for (String ending : List.of(".yaml", ".current", ".state")) {
      Files.deleteIfExists(file(channel, ending));
    }
    if (Files.isDirectory(catalogueDirectory(channel))) {
      FileTree.remove(catalogueDirectory(channel));
    }
  }

  private Path file(String channel, String ending) {
    return directory.resolve(channel + ending);
  }

  private Path catalogueDirectory(String channel) {
    return file(channel, ".catalogue");
  }

  /** Returns the files of a channel's catalogue, without those that are being added. */
  Map<String, Path> catalogue(String channel) throws IOException {
    Map<String, Path> catalogue = new TreeMap<>();
    if (Files.isDirectory(catalogueDirectory(channel))) {
      try (Stream<Path> files = Files.list(catalogueDirectory(channel))) {
        files
            .filter(Files::isRegularFile)
            .filter(file -> !file.getFileName().toString().startsWith("."))
            .forEach(file -> catalogue.put(file.getFileName().toString(), file));
      }
    }
    return catalogue;
  }

  Path catalogueFile(String channel, String path) throws IOException {
    return Files.createDirectories(catalogueDirectory(channel)).resolve(path);
  }

  /** Whether a file has a content; files of another size need not be read. */
  boolean isSame(Path file, ObjectRecord content) throws IOException {
    return hasSize(file, content) && Sha256.of(file).equals(content.sha256());
  }

  boolean hasSize(Path file, ObjectRecord content) throws IOException {
    return Files.isRegularFile(file) && Files.size(file) == content.bytes();
  }

  /** Returns where a file is written before it is whole. */
  Path incoming(Path file) throws IOException {
    Path incoming = file.resolveSibling("." + file.getFileName() + ".part");
    Files.deleteIfExists(incoming);
    return incoming;
  }

  void arrived(Path file) throws IOException {
    DurableFiles.moveInto(
        file.resolveSibling(""), incomingName(file), String.valueOf(file.getFileName()));
  }

  private static Path incomingName(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  /** Removes the other files of a catalogue. */
  void keepOnly(String channel, Set<String> paths) throws IOException {
    for (Map.Entry<String, Path> file : catalogue(channel).entrySet()) {
      if (!paths.contains(file.getKey())) {
        Files.deleteIfExists(file.getValue());
      }
    }
  }

  static boolean isSecretOf(String channel, String path) {
    return path.startsWith(CERTIFICATES + channel + "/");
  }

  /** Returns a channel's client certificate and its key, by their paths in the data directory. */
  Map<String, byte[]> secrets(String channel) throws IOException {
    Path certificates = data.resolve(CERTIFICATES + channel);
    Map<String, byte[]> secrets = new TreeMap<>();
    if (Files.isDirectory(certificates)) {
      try (Stream<Path> files = Files.list(certificates)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          secrets.put(CERTIFICATES + channel + "/" + file.getFileName(), Files.readAllBytes(file));
        }
      }
    }
    return secrets;
  }

  /** Returns the secrets that belong to no channel alone. */
  Map<String, byte[]> sharedSecrets() throws IOException {
    Path credentials = data.resolve(CREDENTIALS);
    return Files.isRegularFile(credentials)
        ? Map.of(CREDENTIALS, Files.readAllBytes(credentials))
        : Map.of();
  }

  /** Writes or removes the credentials of repositories. */
  void writeCredentials(Optional<byte[]> content) throws IOException {
    Path file = data.resolve(CREDENTIALS);
    if (content.isPresent()) {
      writeSecret(file, content.get());
    } else {
      Files.deleteIfExists(file);
    }
  }

  /** Returns the channels that have a client certificate here. */
  List<String> certified() throws IOException {
    Path certificates = data.resolve(CERTIFICATES);
    if (!Files.isDirectory(certificates)) {
      return List.of();
    }
    try (Stream<Path> channels = Files.list(certificates)) {
      return channels
          .filter(Files::isDirectory)
          .map(channel -> channel.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .toList();
    }
  }

  /** Makes a channel's client certificate and its key these. The caller holds its lock. */
  void writeCertificates(String channel, Map<String, byte[]> secrets) throws IOException {
    Path certificates = data.resolve(CERTIFICATES + channel);
    if (secrets.isEmpty()) {
      if (Files.isDirectory(certificates)) {
        FileTree.remove(certificates);
      }
      return;
    }
    for (String path : secrets(channel).keySet()) {
      if (!secrets.containsKey(path)) {
        Files.deleteIfExists(data.resolve(path));
      }
    }
    for (Map.Entry<String, byte[]> secret : new TreeMap<>(secrets).entrySet()) {
      writeSecret(data.resolve(secret.getKey()), secret.getValue());
    }
  }

  private void writeSecret(Path file, byte[] content) throws IOException {
    if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), content)) {
      return;
    }
    Path parent = file.resolveSibling("");
    if (!parent.equals(data)) {
      Files.createDirectories(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path fresh = DurableFiles.temporaryBeside(file);
    try {
      try (FileChannel channel =
          FileChannel.open(
              fresh,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          var _ = channel.write(bytes);
        }
        channel.force(true);
      }
      DurableFiles.move(fresh, file);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
