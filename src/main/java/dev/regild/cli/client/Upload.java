package dev.regild.cli.client;

import dev.regild.cli.terminal.Progress;
import dev.regild.disk.ByteCount;
import dev.regild.files.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
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
    Sent sent = new Sent(size);
    Optional<ResumedUpload> resumed =
        size == 0 ? Optional.empty() : ResumedUpload.begin(client, size);
    JsonNode answer =
        resumed.isPresent()
            ? resumed.get().send(sent::from)
            : client.upload("/regild/v1/disks", sent.from(0));
    SentDisk disk = new SentDisk(client, answer.path("diskId").asString(""));
    String here = sent.sha256();
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

  /** What is sent of the file: each byte is hashed once, however often it is sent. */
  private final class Sent {
    private final long size;
    private final MessageDigest digest = Sha256.digest();
    private long hashed;

    Sent(long size) {
      this.size = size;
    }

    BodyPublisher from(long offset) {
      return BodyPublishers.fromPublisher(
          BodyPublishers.ofInputStream(() -> open(offset)), Math.max(1, size - offset));
    }

    private InputStream open(long offset) {
      try {
        InputStream in = Files.newInputStream(file);
        in.skipNBytes(offset);
        return new Counted(in, offset);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot read " + file, e);
      }
    }

    synchronized void sent(long at, byte[] buffer, int offset, int length) {
      int known = Math.clamp(hashed - at, 0, length);
      digest.update(buffer, offset + known, length - known);
      hashed = Math.max(hashed, at + length);
      progress.show("Upload", (double) (at + length) / Math.max(1, size));
    }

    synchronized String sha256() {
      return Sha256.hex(digest);
    }

    private final class Counted extends FilterInputStream {
      private long at;

      Counted(InputStream in, long offset) {
        super(in);
        this.at = offset;
      }

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int n = in.read(buffer, offset, length);
        if (n > 0) {
          sent(at, buffer, offset, n);
          at += n;
        }
        return n;
      }
    }
  }
}
