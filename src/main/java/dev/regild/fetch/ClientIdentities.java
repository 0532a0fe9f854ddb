package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.DurableFiles;
import dev.regild.files.FileStamp;
import dev.regild.files.FileTree;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

/**
 * The client certificates of channels, in the data directory: {@code
 * client-certificates/CHANNEL/certificate.pem}, {@code key.pem}, {@code authority.pem}, and {@code
 * uris}, below which they are shown and nowhere else. Their owner alone may read them. Other
 * processes may change them at any time.
 */
public final class ClientIdentities {
  static final String NAME = "client-certificates";

  private static final String CERTIFICATE = "certificate.pem";
  private static final String KEY = "key.pem";
  private static final String AUTHORITY = "authority.pem";
  private static final String URIS = "uris";

  private final Path directory;
  private final ConcurrentMap<String, Scope> scopes = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Loaded> loaded = new ConcurrentHashMap<>();

  private ClientIdentities(Path directory) {
    this.directory = directory;
  }

  public static ClientIdentities in(Path data) {
    return new ClientIdentities(data.resolve(NAME));
  }

  /** Where a channel's identity is shown. */
  private record Scope(FileStamp stamp, List<String> uris) {
    /** The length of the longest of its URIs that has that one below it; 0 if none has. */
    int nearness(String uri) {
      return uris.stream().filter(uri::startsWith).mapToInt(String::length).max().orElse(0);
    }
  }

  private record Loaded(FileStamp stamp, ClientIdentity identity) {}

  /**
   * The identity to show to that URI's server; empty for most. Of several it is that whose URI is
   * the longest, as the nearest to what is asked for. The files of the others are not read.
   *
   * @throws FetchException if its files are damaged
   */
  Optional<ClientIdentity> of(URI uri) throws FetchException {
    if (!"https".equalsIgnoreCase(uri.getScheme()) || !Files.isDirectory(directory)) {
      return Optional.empty();
    }
    String whole = uri.normalize().toString();
    Optional<Covering> nearest = Optional.empty();
    try (Stream<Path> channels = Files.list(directory)) {
      for (Path each : channels.filter(ClientIdentities::isChannel).sorted().toList()) {
        Optional<Scope> scope = scope(each);
        int nearness = scope.map(known -> known.nearness(whole)).orElse(0);
        if (scope.isPresent() && nearness > nearest.map(Covering::nearness).orElse(0)) {
          nearest = Optional.of(new Covering(each, scope.get().stamp(), nearness));
        }
      }
    } catch (IOException e) {
      throw new FetchException(
          "the client certificates in " + directory + " can't be read (" + e + ")", e);
    }
    return nearest.isPresent()
        ? Optional.of(identity(nearest.get().channel(), nearest.get().stamp()))
        : Optional.empty();
  }

  private record Covering(Path channel, FileStamp stamp, int nearness) {}

  private static boolean isChannel(Path path) {
    return !String.valueOf(path.getFileName()).startsWith(".");
  }

  /** Empty if its channel was removed in this moment. */
  private Optional<Scope> scope(Path channel) throws IOException {
    String name = channel.getFileName().toString();
    Optional<FileStamp> stamp = FileStamp.of(channel.resolve(URIS));
    if (stamp.isEmpty()) {
      forget(name);
      return Optional.empty();
    }
    Scope known = scopes.get(name);
    if (known == null || !known.stamp().equals(stamp.get())) {
      known = new Scope(stamp.get(), Files.readAllLines(channel.resolve(URIS), UTF_8));
      scopes.put(name, known);
    }
    return Optional.of(known);
  }

  private ClientIdentity identity(Path channel, FileStamp stamp) throws FetchException {
    String name = channel.getFileName().toString();
    Loaded known = loaded.get(name);
    if (known == null || !known.stamp().equals(stamp)) {
      Path authority = channel.resolve(AUTHORITY);
      ClientCertificate files =
          new ClientCertificate(
              channel.resolve(CERTIFICATE),
              channel.resolve(KEY),
              Optional.of(authority).filter(Files::exists));
      known = new Loaded(stamp, ClientIdentity.of(name, files));
      loaded.put(name, known);
    }
    return known.identity();
  }

  private void forget(String channel) {
    scopes.remove(channel);
    loaded.remove(channel);
  }

  /**
   * Copies a channel's files, so that they may go from where they were. There must be none yet.
   *
   * @param uris below which they are shown
   * @throws FetchException if they can't be used
   */
  public void keep(String channel, List<String> uris, ClientCertificate files)
      throws FetchException, IOException {
    ClientIdentity.of(channel, files).requireValid();
    Path target = directory.resolve(channel);
    Files.createDirectories(
        target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    copy(files.certificate(), target.resolve(CERTIFICATE));
    copy(files.key(), target.resolve(KEY));
    if (files.authority().isPresent()) {
      copy(files.authority().get(), target.resolve(AUTHORITY));
    }
    // The last: without it, the others are not looked at.
    write(target.resolve(URIS), (String.join("\n", uris) + "\n").getBytes(UTF_8));
    DurableFiles.force(target);
  }

  public void remove(String channel) throws IOException {
    Path kept = directory.resolve(channel);
    try {
      Files.deleteIfExists(kept.resolve(URIS));
      FileTree.remove(kept);
    } catch (NoSuchFileException e) {
      // Another process was faster.
    }
    forget(channel);
  }

  private static void copy(Path from, Path to) throws IOException {
    write(to, Files.readAllBytes(from));
  }

  private static void write(Path to, byte[] content) throws IOException {
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var file =
        Files.newByteChannel(
            to,
            options,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      file.write(ByteBuffer.wrap(content));
    }
    DurableFiles.force(to);
  }
}
