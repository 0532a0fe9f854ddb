package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is known of documents, kept for ever: a line of JSON each, appended. A line that a crash has
 * cut off is removed when the file is opened, and its document is fetched again.
 *
 * <p>While a refresh runs, its facts are in a file of their own, whose name begins with a dot:
 * nodes with a shared store replace the other files of a catalogue by those of the store, and what
 * a crash has kept from it would be lost.
 */
final class FactStore {
  static final String FILE = "upstream-facts.jsonl";
  static final String NEW = ".new-facts.jsonl";

  /** Raised when documents that could not be read should be read again. */
  private static final String PARSER = "1";

  /** Several times what all products of Windows together have. */
  private static final long MOST = 256L << 20;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path file;
  private final Path added;
  private final Map<RevisionId, UpdateFacts> facts = new ConcurrentHashMap<>();
  private final AtomicLong weight = new AtomicLong();

  private FactStore(Path directory) {
    this.file = directory.resolve(FILE);
    this.added = directory.resolve(NEW);
  }

  /** Opens that of a channel, whose lock the caller holds. */
  static FactStore open(Path directory) throws IOException {
    FactStore store = new FactStore(directory);
    store.load(store.file);
    store.load(store.added);
    return store;
  }

  private void load(Path from) throws IOException {
    if (!Files.exists(from)) {
      return;
    }
    long good = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(from), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c != '\n') {
          line.write(c);
          continue;
        }
        try {
          keep(JSON.readValue(line.toByteArray(), UpdateFacts.class));
        } catch (JacksonException e) {
          // Its document is fetched again.
        }
        good += line.size() + 1;
        line.reset();
      }
    }
    if (good < Files.size(from)) {
      try (FileChannel channel = FileChannel.open(from, WRITE)) {
        channel.truncate(good);
        channel.force(true);
      }
    }
  }

  private void keep(UpdateFacts each) throws IOException {
    if (!each.type().equals(UpdateFacts.UNREADABLE) || each.release().equals(PARSER)) {
      put(each);
    }
  }

  private void put(UpdateFacts each) throws IOException {
    UpdateFacts before = facts.put(each.id(), each);
    long change = each.weight() - (before == null ? 0 : before.weight());
    if (weight.addAndGet(change) > MOST) {
      throw new IOException(
          "the server's updates have more than %d MiB of facts; name fewer products in the channel's file, and remove %s"
              .formatted(MOST >> 20, file));
    }
  }

  /** Keeps facts; they are on the disk when this returns. */
  synchronized void add(Collection<UpdateFacts> more) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (UpdateFacts each : more) {
      UpdateFacts marked = each.type().equals(UpdateFacts.UNREADABLE) ? each.readBy(PARSER) : each;
      lines.append(JSON.writeValueAsString(marked)).append('\n');
      put(marked);
    }
    try (FileChannel channel = FileChannel.open(added, CREATE, WRITE, APPEND)) {
      write(channel, ByteBuffer.wrap(lines.toString().getBytes(UTF_8)));
      channel.force(true);
    }
  }

  /**
   * Moves what was added to the other facts, which the caller hands on to other nodes. A crash in
   * between repeats lines, which changes nothing.
   */
  synchronized void finish() throws IOException {
    if (!Files.exists(added)) {
      return;
    }
    try (FileChannel from = FileChannel.open(added);
        FileChannel to = FileChannel.open(file, CREATE, WRITE, APPEND)) {
      ByteBuffer part = ByteBuffer.allocate(1 << 16);
      while (from.read(part.clear()) >= 0) {
        write(to, part.flip());
      }
      to.force(true);
    }
    Files.delete(added);
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  boolean has(RevisionId id) {
    return facts.containsKey(id);
  }

  @Nullable UpdateFacts find(RevisionId id) {
    return facts.get(id);
  }
}
