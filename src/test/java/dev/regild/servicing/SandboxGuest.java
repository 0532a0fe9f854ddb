package dev.regild.servicing;

import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * This machine as a guest that can be asked and not changed: its programs run on its read-only
 * root, with files of the test in the place of what says which packages are installed.
 */
public final class SandboxGuest implements Guest {
  private final Path workspace;
  private final List<String> sandbox = new ArrayList<>();

  /**
   * @param directory of the test
   * @param inPlaceOf a path of this machine to what stands there for the guest; both exist
   */
  public SandboxGuest(Path directory, Map<String, Path> inPlaceOf) throws IOException {
    this.workspace = Files.createDirectories(directory.resolve("run/regild"));
    sandbox.addAll(List.of("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"));
    sandbox.addAll(List.of("--unshare-net", "--tmpfs", "/tmp", "--tmpfs", "/var/log"));
    sandbox.addAll(List.of("--bind", workspace.getParent().toString(), "/run"));
    inPlaceOf.forEach(
        (path, file) -> sandbox.addAll(List.of("--bind", file.toAbsolutePath().toString(), path)));
    sandbox.add("--clearenv");
    GuestEnvironment.VARIABLES.forEach(
        (name, value) -> sandbox.addAll(List.of("--setenv", name, value)));
  }

  @Override
  public String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    try {
      List<String> all = new ArrayList<>(sandbox);
      all.addAll(command);
      String output = Program.of(all).within(timeLimit).run();
      output.lines().forEach(onLine);
      return output;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (Exception e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return run(command, timeLimit, onLine);
  }

  @Override
  public byte[] read(String path) throws GuestException {
    try {
      return Files.readAllBytes(onHost(path));
    } catch (IOException e) {
      throw new GuestException(e.toString(), e);
    }
  }

  @Override
  public void write(String path, byte[] content, int mode) throws GuestException {
    try {
      Files.write(onHost(path), content);
    } catch (IOException e) {
      throw new GuestException(e.toString(), e);
    }
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(onHost(path));
  }

  private Path onHost(String path) {
    return path.startsWith(WORKSPACE + "/")
        ? workspace.resolve(path.substring(WORKSPACE.length() + 1))
        : Path.of(path);
  }

  @Override
  public void upload(Path hostDirectory, String name) throws GuestException {
    try (Stream<Path> files = Files.list(hostDirectory)) {
      Path target = Files.createDirectories(workspace.resolve(name));
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    } catch (IOException e) {
      throw new GuestException(e.toString(), e);
    }
  }

  @Override
  public void trim() {}

  @Override
  public void abort() {}

  @Override
  public void close() {}
}
