package dev.regild.cli.client;

import dev.regild.cli.terminal.Progress;
import dev.regild.disk.ByteCount;
import dev.regild.files.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import tools.jackson.databind.JsonNode;

/** Sends a disk to a server, and makes sure that it arrived as it is. */
public record Upload(Path file, Progress progress) {

  /**
   * Sends it.
   *
   * @throws IOException if it did not arrive as it is; nothing of it stays then
   */
  public SentDisk send(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    long size = Files.size(file);
    MessageDigest sha256 = Sha256.digest();
    JsonNode answer =
        client.upload(
            "/regild/v1/disks",
            BodyPublishers.fromPublisher(
                BodyPublishers.ofInputStream(() -> counted(size, sha256)), Math.max(1, size)));
    SentDisk disk = new SentDisk(client, answer.path("diskId").asString(""));
    String here = Sha256.hex(sha256);
    JsonNode packed = answer.path("packed");
    JsonNode arrived = packed.isMissingNode() ? answer : packed;
    if (!here.equals(arrived.path("sha256").asString(""))) {
      throw new IOException(
          "The disk was damaged during the upload: the server received a different SHA-256. Try again. "
              + disk.withdraw());
    }
    progress.done(
        "Uploaded %s (%s) as %s%s."
            .formatted(file, ByteCount.text(size), disk.id(), unpacked(answer, packed)));
    return disk;
  }

  private static String unpacked(JsonNode disk, JsonNode packed) {
    return packed.isMissingNode()
        ? ""
        : ", unpacked from %s to %s"
            .formatted(
                packed.path("packing").asString(""), ByteCount.text(disk.path("bytes").asLong(0)));
  }

  private InputStream counted(long size, MessageDigest sha256) {
    try {
      return new Counted(new DigestInputStream(Files.newInputStream(file), sha256), size);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
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
