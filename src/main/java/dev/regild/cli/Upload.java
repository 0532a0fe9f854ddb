package dev.regild.cli;

import dev.regild.disk.ByteCount;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;

/** Sends a disk to a server, and makes sure that it arrived as it is. */
final class Upload {
  private final Path file;
  private final Progress progress;

  Upload(Path file, Progress progress) {
    this.file = file;
    this.progress = progress;
  }

  /**
   * Sends it.
   *
   * @return the id that the server gave it
   */
  String send(ApiClient client) throws ServerRefusalException, IOException, InterruptedException {
    long size = Files.size(file);
    MessageDigest sha256 = sha256();
    JsonNode answer =
        client.upload(
            "/regild/v1/disks",
            BodyPublishers.fromPublisher(
                BodyPublishers.ofInputStream(() -> counted(size, sha256)), Math.max(1, size)));
    String here = HexFormat.of().formatHex(sha256.digest());
    if (!here.equals(answer.path("sha256").asString(""))) {
      throw new IOException(
          "The disk was damaged during the upload: the server received a different SHA-256. Try again.");
    }
    String id = answer.path("diskId").asString("");
    progress.done("Uploaded " + file + " (" + ByteCount.text(size) + ") as " + id + ".");
    return id;
  }

  private InputStream counted(long size, MessageDigest sha256) {
    try {
      return new Counted(new DigestInputStream(Files.newInputStream(file), sha256), size);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java has no SHA-256.", e);
    }
  }

  private final class Counted extends FilterInputStream {
    private final long size;
    private long sent;

    Counted(InputStream in, long size) {
      super(in);
      this.size = size;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      count(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = super.read(buffer, offset, length);
      count(Math.max(0, n));
      return n;
    }

    private void count(int bytes) {
      sent += bytes;
      progress.show("Upload", (double) sent / Math.max(1, size));
    }
  }
}
