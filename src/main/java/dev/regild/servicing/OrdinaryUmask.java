package dev.regild.servicing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A guest whose programs inherit the umask of the host's process, which closes new files to others:
 * in the guest they get the usual one, as in a login of root.
 */
record OrdinaryUmask(Guest guest) implements Guest {
  private static final List<String> SHELL =
      List.of("/bin/sh", "-c", "umask 022 && exec \"$@\"", "sh");

  @Override
  public String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return guest.run(withUmask(command), timeLimit, onLine);
  }

  @Override
  public String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return guest.install(withUmask(command), timeLimit, onLine);
  }

  private static List<String> withUmask(List<String> command) {
    List<String> all = new ArrayList<>(SHELL);
    all.addAll(command);
    return all;
  }

  @Override
  public byte[] read(String path) throws GuestException {
    return guest.read(path);
  }

  @Override
  public void write(String path, byte[] content, int mode) throws GuestException {
    guest.write(path, content, mode);
  }

  @Override
  public boolean exists(String path) throws GuestException {
    return guest.exists(path);
  }

  @Override
  public void upload(Path hostDirectory, String name) throws GuestException {
    guest.upload(hostDirectory, name);
  }

  @Override
  public void trim() throws GuestException {
    guest.trim();
  }

  @Override
  public void abort() {
    guest.abort();
  }

  @Override
  public void close() throws GuestException {
    guest.close();
  }
}
