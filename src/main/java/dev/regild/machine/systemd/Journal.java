package dev.regild.machine.systemd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The journal, by its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): an entry has
 * fields, which {@code journalctl} finds and prints apart.
 */
public final class Journal implements AutoCloseable {
  private static final String SOCKET = "/run/systemd/journal/socket";

  /** A datagram is limited by the socket's buffer, which has at least 200 KiB. */
  private static final int LONGEST_VALUE = 48 << 10;

  private static final int LONGEST_NAME = 64;

  private final UnixDatagrams socket;

  private Journal(UnixDatagrams socket) {
    this.socket = socket;
  }

  /**
   * Finds the journal that has our standard error output.
   *
   * @param environment the process's variables, of which {@code JOURNAL_STREAM} is read
   * @return empty if standard error goes elsewhere
   */
  public static Optional<Journal> find(Map<String, String> environment) {
    String stream = environment.getOrDefault("JOURNAL_STREAM", "");
    return !stream.isEmpty() && stream.equals(standardError()) ? open(SOCKET) : Optional.empty();
  }

  static Optional<Journal> open(String address) {
    try {
      return Optional.of(new Journal(UnixDatagrams.to(address)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Device and inode, as the variable has them. */
  private static String standardError() {
    try {
      Map<String, Object> file = Files.readAttributes(Path.of("/proc/self/fd/2"), "unix:dev,ino");
      return file.get("dev") + ":" + file.get("ino");
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /**
   * Sends an entry.
   *
   * @param fields by name: capitals, digits and underscores, a letter first. Others are left out
   * @return false if the journal does not take it at once
   */
  public boolean send(Map<String, String> fields) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    fields.forEach((name, value) -> append(entry, name, value));
    return socket.send(entry.toByteArray());
  }

  /** With the value's length before it, so that a line break in it begins no other field. */
  private static void append(ByteArrayOutputStream entry, String name, String value) {
    if (name.length() > LONGEST_NAME || !name.matches("[A-Z][A-Z0-9_]*")) {
      return;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, LONGEST_VALUE);
    // journalctl shows a value that ends within a character as a number of bytes.
    while (length < bytes.length && (bytes[length] & 0xC0) == 0x80) {
      length--;
    }
    entry.writeBytes((name + "\n").getBytes(StandardCharsets.US_ASCII));
    entry.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    entry.write(bytes, 0, length);
    entry.write('\n');
  }

  @Override
  public void close() {
    socket.close();
  }
}
