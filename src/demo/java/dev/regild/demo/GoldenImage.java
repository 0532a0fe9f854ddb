package dev.regild.demo;

import dev.regild.files.CacheDirectory;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Makes golden images of Debian to try Regild on, from the suite of one release alone, so that the
 * updates of its security archive are still to come; the packages come from where this machine's
 * own apt gets them. Made once, an image stays in the cache until its recipe or the suite changes.
 * Takes root, as mmdebstrap does to install packages.
 */
public final class GoldenImage {
  /** The version of the agent in the images. */
  public static final AgentPackage AGENT = AgentPackage.version("1.0.0");

  private final DebianRelease release;
  private final Path cache;
  private final Consumer<String> progress;

  /**
   * Images of a release, kept in a directory.
   *
   * @param cache is made if it is missing
   * @param progress is told each step in a line of its own
   */
  public GoldenImage(DebianRelease release, Path cache, Consumer<String> progress) {
    this.release = release;
    this.cache = cache;
    this.progress = progress;
  }

  /** Images of Debian 12. */
  public GoldenImage(Path cache, Consumer<String> progress) {
    this(DebianRelease.BOOKWORM, cache, progress);
  }

  /**
   * The directory that holds what can be made again: {@code REGILD_CACHE}, else {@code
   * XDG_CACHE_HOME/regild}, else {@code ~/.cache/regild}.
   */
  public static Path defaultCache(Map<String, String> environment) {
    return CacheDirectory.of(environment);
  }

  /**
   * A server that boots by itself from a BIOS: kernel, systemd, GRUB, an SSH server and the agent.
   *
   * @param repository of the agent, which the image names as its source and whose key it trusts
   * @return the qcow2 file, not to be written to
   * @throws IOException if packages can come from nowhere; the message says what to do
   * @throws ProgramException if a tool is missing or fails
   */
  public Path full(AgentRepository repository)
      throws IOException, ProgramException, InterruptedException {
    return make(ImageRecipe.golden(), repository);
  }

  /**
   * As {@link #full}, with more of Debian's packages.
   *
   * @param name of the image's file; no other image's name may begin with it, nor it with theirs
   * @return the qcow2 file, not to be written to
   * @throws IOException as {@link #full}
   * @throws ProgramException as {@link #full}
   */
  public Path with(String name, List<String> packages, AgentRepository repository)
      throws IOException, ProgramException, InterruptedException {
    return make(ImageRecipe.golden().with(name, packages), repository);
  }

  /**
   * As {@link #full}, as quick to update as one with a kernel can be: its initramfs holds what
   * QEMU's machines need, and is packed fast.
   *
   * @return the qcow2 file, not to be written to
   * @throws IOException as {@link #full}
   * @throws ProgramException as {@link #full}
   */
  public Path quick(AgentRepository repository)
      throws IOException, ProgramException, InterruptedException {
    return make(ImageRecipe.quick(), repository);
  }

  /**
   * A Debian without kernel and services, with the agent and a few upgrades to come: for where each
   * program that runs in the image takes long.
   *
   * @return the qcow2 file, not to be written to
   * @throws IOException as {@link #full}
   * @throws ProgramException as {@link #full}
   */
  public Path small(AgentRepository repository)
      throws IOException, ProgramException, InterruptedException {
    return make(ImageRecipe.small(), repository);
  }

  private Path make(ImageRecipe recipe, AgentRepository repository)
      throws IOException, ProgramException, InterruptedException {
    Files.createDirectories(cache);
    String name = release.fileName(recipe.name());
    try (FileChannel channel =
            FileChannel.open(
                cache.resolve(name + ".lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var _ = channel.lock();
        Workspace workspace = Workspace.in(cache, name)) {
      HostMirror mirror = HostMirror.find();
      ImageTree tree = new ImageTree(release, recipe, mirror, repository, workspace.directory());
      String prefix = "%s-%s-".formatted(name, shortened(tree.ingredients()));
      Optional<byte[]> index = release(mirror, workspace);
      if (index.isEmpty()) {
        return newest(prefix)
            .orElseThrow(() ->
                new IOException(
                    "%s does not answer, and %s has no image made earlier. Let apt reach that server, or add a mirror of Debian to apt's sources."
                        .formatted(mirror.archive(), cache)));
      }
      Path image = cache.resolve(prefix + shortened(index.get()) + ".qcow2");
      if (!Files.exists(image)) {
        make(tree, workspace.directory(), image);
        removeOthers(name, image);
      }
      return image;
    }
  }

  private void make(ImageTree tree, Path workspace, Path image)
      throws IOException, ProgramException, InterruptedException {
    UUID rootUuid = UUID.randomUUID();
    progress.accept(
        "Installing Debian %s from the suite %s into a directory"
            .formatted(release.number(), release.suite()));
    tree.install(rootUuid);
    progress.accept("Writing the disk");
    Path raw = workspace.resolve("disk.raw");
    BootableDisk.write(tree.root(), rootUuid, raw);
    if (tree.recipe().bootable()) {
      BootableDisk.embed(tree.grub("boot.img"), tree.grub("core.img"), raw);
    }
    progress.accept("Compressing the disk");
    Path qcow2 = workspace.resolve("disk.qcow2");
    Program.of(
            "qemu-img",
            "convert",
            "-f",
            "raw",
            "-O",
            "qcow2",
            "-c",
            "-W",
            "-o",
            "compression_type=zstd",
            raw.toString(),
            qcow2.toString())
        .within(Duration.ofMinutes(10))
        .run();
    try (FileChannel written = FileChannel.open(qcow2, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    Files.move(qcow2, image, StandardCopyOption.ATOMIC_MOVE);
  }

  /** What the archive says of the suite now; empty if it does not answer. */
  private Optional<byte[]> release(HostMirror mirror, Workspace workspace)
      throws IOException, InterruptedException {
    Path file = workspace.directory().resolve("InRelease");
    try {
      Program.of(
              "/usr/lib/apt/apt-helper",
              "download-file",
              "%s/dists/%s/InRelease".formatted(mirror.archive(), release.suite()),
              file.toString())
          .run();
      return Optional.of(Files.readAllBytes(file));
    } catch (ProgramException e) {
      progress.accept("Using an image made earlier: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Path> newest(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .filter(file -> isImage(file, prefix))
          .max(Comparator.comparingLong(file -> file.toFile().lastModified()));
    }
  }

  private void removeOthers(String name, Path image) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      for (Path file : files.filter(f -> isImage(f, name + "-")).toList()) {
        if (!file.equals(image)) {
          Files.delete(file);
        }
      }
    }
  }

  private static boolean isImage(Path file, String prefix) {
    String name = file.getFileName().toString();
    return name.startsWith(prefix) && name.endsWith(".qcow2");
  }

  private static String shortened(byte[] content) {
    return Workspace.sha256(content).substring(0, 12);
  }
}
