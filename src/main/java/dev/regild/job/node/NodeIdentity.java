package dev.regild.job.node;

import dev.regild.files.DurableFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What stays the same of a node when it starts again.
 *
 * @param directory the id of its data directory
 * @param host the name of its machine
 */
public record NodeIdentity(String directory, String host) {
  /** The most characters of a node's name. The job scheduler keeps 50. */
  public static final int LONGEST_NAME = 50;

  private static final String FILE = "node-id";
  private static final int LONGEST_HOST = 40;

  /** Reads the identity of a data directory, which this process holds; the first time, makes it. */
  public static NodeIdentity of(Path data) throws IOException {
    Path file = data.resolve(FILE);
    String id = Files.exists(file) ? Files.readString(file).strip() : "";
    if (id.isEmpty()) {
      id = UUID.randomUUID().toString();
      DurableFiles.write(file, id);
    }
    return new NodeIdentity(id, hostName());
  }

  /** Returns the name of a node that is given none: unique, and the same after each start. */
  public String defaultName() {
    String readable = host.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    String cut = readable.substring(0, Math.min(readable.length(), LONGEST_HOST));
    return (cut.isEmpty() ? "node" : cut) + "-" + directory.substring(0, 8);
  }

  private static String hostName() throws IOException {
    Path kernel = Path.of("/proc/sys/kernel/hostname");
    if (Files.isReadable(kernel)) {
      return Files.readString(kernel).strip();
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
