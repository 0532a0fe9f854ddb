package dev.regild.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The root file system of an image, made by mmdebstrap in a directory.
 *
 * @param mirror where its packages come from, also once it runs
 * @param repository of the agent
 * @param workspace is the caller's to remove
 */
record ImageTree(
    DebianRelease release,
    ImageRecipe recipe,
    HostMirror mirror,
    AgentRepository repository,
    Path workspace) {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(20);
  private static final List<String> HOOKS = List.of("preseed", "finish");

  /** Where the packages are installed to. */
  Path root() {
    return workspace.resolve("tree");
  }

  /** A file of GRUB's, of the package's or made by the hook {@code finish}. */
  Path grub(String name) {
    Path made = root().resolve("boot/grub/i386-pc").resolve(name);
    return Files.exists(made) ? made : root().resolve("usr/lib/grub/i386-pc").resolve(name);
  }

  /** All that decides how the tree comes out, but the state of the archive. */
  byte[] ingredients() throws IOException, ProgramException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes((ImageRecipe.VERSION + " " + recipe + " " + mirror).getBytes(UTF_8));
    for (Map.Entry<String, byte[]> file : files(new UUID(0, 0)).entrySet()) {
      bytes.writeBytes(file.getKey().getBytes(UTF_8));
      bytes.writeBytes(file.getValue());
    }
    bytes.writeBytes(Files.readAllBytes(repository.keyring()));
    bytes.writeBytes(Files.readAllBytes(repository.file(GoldenImage.AGENT)));
    for (String hook : HOOKS) {
      bytes.writeBytes(resource(hook));
    }
    return bytes.toByteArray();
  }

  /**
   * Installs the packages.
   *
   * @param rootUuid of the file system that the tree becomes
   * @throws ProgramException if mmdebstrap fails
   */
  void install(UUID rootUuid) throws IOException, ProgramException, InterruptedException {
    Path files = Files.createDirectory(workspace.resolve("files"));
    for (Map.Entry<String, byte[]> file : files(rootUuid).entrySet()) {
      Path target = files.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    Program.of(command(hook("preseed"), hook("finish")))
        .with("ROOT_UUID", rootUuid.toString())
        .with("FILES", files.toString())
        .with("AGENT", repository.file(GoldenImage.AGENT).toString())
        .with("BOOTABLE", String.valueOf(recipe.bootable()))
        .with("INITRD", "No")
        .with("DEBIAN_FRONTEND", "noninteractive")
        .within(TIME_LIMIT)
        .run();
  }

  private List<String> command(Path preseed, Path finish) {
    List<String> command = new ArrayList<>();
    // In a mount namespace of its own: killed at any point, it leaves no mount behind.
    command.addAll(List.of("unshare", "--mount"));
    command.addAll(List.of("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"));
    command.add("--include=" + String.join(",", recipe.packages()));
    // The disk is written when all is there; until then nothing needs to be safe from a power cut.
    command.add("--dpkgopt=force-unsafe-io");
    mirror.options().forEach(option -> command.add("--aptopt=" + option));
    if (recipe.bootable()) {
      command.add("--essential-hook=" + preseed);
    }
    command.add("--customize-hook=" + finish);
    command.add(release.suite());
    command.add(root().toString());
    command.add(
        "deb [signed-by=%s] %s %s main"
            .formatted(HostMirror.KEYRING, mirror.archive(), release.suite()));
    return command;
  }

  private Path hook(String name) throws IOException {
    Path file = workspace.resolve(name);
    Files.write(file, resource(name));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream = ImageTree.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IOException("%s is missing from Regild's jar".formatted(name));
      }
      return stream.readAllBytes();
    }
  }

  /** The files that no package brings, by their path in the image. */
  private Map<String, byte[]> files(UUID rootUuid) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("etc/apt/sources.list.d/debian.sources", debianSources().getBytes(UTF_8));
    files.put("etc/apt/sources.list.d/agent.sources", agentSource().getBytes(UTF_8));
    files.put("usr/share/keyrings/regild-demo-agent.gpg", Files.readAllBytes(repository.keyring()));
    files.put("etc/hostname", "golden\n".getBytes(UTF_8));
    files.put("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 golden\n".getBytes(UTF_8));
    files.put(
        "etc/fstab", "UUID=%s / ext4 errors=remount-ro 0 1\n".formatted(rootUuid).getBytes(UTF_8));
    recipe.files().forEach((path, text) -> files.put(path, text.getBytes(UTF_8)));
    if (recipe.bootable()) {
      files.put("etc/default/grub.d/50-golden.cfg", BOOT_OPTIONS.getBytes(UTF_8));
    }
    return files;
  }

  private String debianSources() {
    return """
    Types: deb
    URIs: %1$s
    Suites: %2$s %2$s-updates
    Components: main
    Signed-By: %4$s

    Types: deb
    URIs: %3$s
    Suites: %2$s-security
    Components: main
    Signed-By: %4$s
    """
        .formatted(mirror.archive(), release.suite(), mirror.security(), HostMirror.KEYRING);
  }

  private static String agentSource() {
    return """
    Types: deb
    URIs: %s
    Suites: %s
    Components: %s
    Signed-By: /usr/share/keyrings/regild-demo-agent.gpg
    """
        .formatted(AgentRepository.URI_IN_IMAGE, AgentRepository.SUITE, AgentRepository.COMPONENT);
  }

  private static final String BOOT_OPTIONS =
      """
      GRUB_TIMEOUT=0
      GRUB_CMDLINE_LINUX_DEFAULT=""
      GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
      GRUB_TERMINAL="console serial"
      GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
      """;
}
