package dev.regild.demo;

import dev.regild.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A directory that lives as long as something is made in it. */
record Workspace(Path directory) implements AutoCloseable {
  /** A new one, for this process alone. */
  static Workspace in(Path parent) throws IOException {
    return new Workspace(Files.createTempDirectory(parent, "making-"));
  }

  /**
   * The only one of this purpose, in place of what a killed process may have left.
   *
   * @param purpose of which the caller holds a lock
   */
  static Workspace in(Path parent, String purpose) throws IOException {
    Workspace workspace = new Workspace(parent.resolve("making-" + purpose));
    if (Files.exists(workspace.directory())) {
      workspace.close();
    }
    Files.createDirectory(workspace.directory());
    return workspace;
  }

  @Override
  public void close() throws IOException {
    FileTree.remove(directory);
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
