package dev.regild.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/**
 * A signed apt repository (suite {@value #SUITE}, component {@value #COMPONENT}, architecture
 * amd64) of the demo's streaming agent, in a directory that any web server can serve. Its key is
 * generated when the directory is first opened, and stays.
 */
public final class AgentRepository {
  /** The suite's name. */
  public static final String SUITE = "stable";

  /** The component's name. */
  public static final String COMPONENT = "main";

  /** Where the golden image believes the repository to be; nothing ever answers there. */
  public static final String URI_IN_IMAGE = "http://packages.regild.example/agent";

  private static final String INDEX = COMPONENT + "/binary-amd64/";

  private final Path directory;
  private final RepositoryKey key;

  private AgentRepository(Path directory, RepositoryKey key) {
    this.directory = directory;
    this.key = key;
  }

  /** Opens the repository in the directory, which is made, with a new key, if it is missing. */
  public static AgentRepository open(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("root"));
    AgentRepository repository =
        new AgentRepository(
            directory, RepositoryKey.openOrGenerate(directory.resolve("secret-key.pgp")));
    Files.write(repository.keyring(), repository.key.publicKey());
    Files.writeString(repository.armoredKeyring(), repository.key.armoredPublicKey());
    return repository;
  }

  /** The directory to serve: what apt's {@code URIs} names. */
  public Path root() {
    return directory.resolve("root");
  }

  /** The public key in OpenPGP's binary form, for {@code Signed-By}. */
  public Path keyring() {
    return directory.resolve("keyring.gpg");
  }

  /** The public key in ASCII armor, for {@code Signed-By}. */
  public Path armoredKeyring() {
    return directory.resolve("keyring.asc");
  }

  /**
   * The file of a version, which is built if it has never been.
   *
   * @throws ProgramException if the package can't be built
   */
  public Path file(AgentPackage agent) throws IOException, ProgramException, InterruptedException {
    Path file = pooled(agent);
    return Files.exists(file) ? file : build(agent);
  }

  /**
   * Makes these versions, and no others, what the repository holds. Readers see the old state or
   * the new one: indexes are found by their hash, and {@code InRelease} is replaced last.
   *
   * @throws ProgramException if a package can't be built
   */
  public void publish(AgentPackage... agents)
      throws IOException, ProgramException, InterruptedException {
    StringBuilder packages = new StringBuilder();
    for (AgentPackage agent : agents) {
      packages.append(paragraph(agent, build(agent))).append('\n');
    }
    byte[] index = packages.toString().getBytes(UTF_8);
    String release = release(index, compressed(index));
    replace(
        root().resolve("dists").resolve(SUITE).resolve("InRelease"),
        key.clearSign(release).getBytes(UTF_8));
  }

  private Path pooled(AgentPackage agent) {
    return root().resolve("pool").resolve(agent.fileName());
  }

  private Path build(AgentPackage agent)
      throws IOException, ProgramException, InterruptedException {
    try (Workspace workspace = Workspace.in(directory)) {
      Path tree =
          Files.createDirectory(
              workspace.directory().resolve("tree"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      Path built = workspace.directory().resolve(agent.fileName());
      agent.build(tree, built);
      Files.createDirectories(pooled(agent).getParent());
      return Files.move(built, pooled(agent), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private String paragraph(AgentPackage agent, Path file)
      throws IOException, ProgramException, InterruptedException {
    String control = Program.of("dpkg-deb", "--field", file.toString()).run().strip();
    return """
    %s
    Filename: pool/%s
    Size: %d
    SHA256: %s
    """
        .formatted(
            control,
            agent.fileName(),
            Files.size(file),
            Workspace.sha256(Files.readAllBytes(file)));
  }

  private String release(byte[] index, byte[] compressedIndex) throws IOException {
    return """
    Origin: Regild demo
    Label: Regild demo
    Suite: %1$s
    Codename: %1$s
    Date: %2$s
    Acquire-By-Hash: yes
    Architectures: amd64
    Components: %3$s
    Description: the streaming agent of the Regild demo
    SHA256:
     %4$s
     %5$s
    """
        .formatted(
            SUITE,
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'UTC'", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(Instant.now()),
            COMPONENT,
            indexFile("Packages", index),
            indexFile("Packages.xz", compressedIndex));
  }

  /** Writes an index under its name and its hash, and returns its line in the release file. */
  private String indexFile(String name, byte[] content) throws IOException {
    Path folder = root().resolve("dists").resolve(SUITE).resolve(INDEX);
    String hash = Workspace.sha256(content);
    replace(folder.resolve("by-hash/SHA256").resolve(hash), content);
    replace(folder.resolve(name), content);
    return "%s %d %s%s".formatted(hash, content.length, INDEX, name);
  }

  private static byte[] compressed(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (XZOutputStream xz = new XZOutputStream(bytes, new LZMA2Options())) {
      xz.write(content);
    }
    return bytes.toByteArray();
  }

  private static void replace(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.write(temporary, content);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
