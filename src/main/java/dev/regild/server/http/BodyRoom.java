package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory for the bodies of calls, taken as they arrive. The first bytes of each are free, so a
 * call of the usual size is always served. Of the rest, unproven senders have only a share, by
 * address and by the key that they name.
 */
final class BodyRoom {
  /** Many times what a call of the protocol usually has. */
  static final int FREE = 16 << 10;

  /** All bodies that are being read together: 128 MiB. */
  private static final long MOST = 128 << 20;

  private static final long MOST_OF_ADDRESS = MOST / 8;
  private static final long MOST_OF_KEY = MOST / 4;

  private final Map<String, Long> unproven = new HashMap<>();
  private long taken;

  /** The sender of a body: its right to the room. */
  sealed interface Sender {
    /** Its signature is right. */
    record Proven() implements Sender {}

    /**
     * Anybody may say so.
     *
     * @param key the id that it names; empty if it names none
     */
    record Unproven(ClientAddress address, String key) implements Sender {}
  }

  /** What one body takes; closing it gives all of it back. */
  final class Share implements AutoCloseable {
    private final List<Limit> limits;
    private long bytes;
    private boolean closed;

    private Share(List<Limit> limits) {
      this.limits = limits;
    }

    /**
     * The body has at least as many bytes now; once the share is closed, nobody keeps them.
     *
     * @throws ApiException ServiceUnavailableException if there is no room for them
     */
    void holds(long size) {
      long more = Math.max(0, size - FREE) - bytes;
      if (more > 0 && !closed) {
        take(limits, more);
        bytes += more;
      }
    }

    @Override
    public void close() {
      giveBack(limits, bytes);
      bytes = 0;
      closed = true;
    }
  }

  /** How much all that count under one name may have. */
  private record Limit(String name, long most) {}

  /** Room for one body, which takes none yet. */
  Share of(Sender sender) {
    return new Share(
        switch (sender) {
          case Sender.Proven _ -> List.of();
          case Sender.Unproven(ClientAddress address, String key) ->
              List.of(
                  new Limit("address " + address.text(), MOST_OF_ADDRESS),
                  new Limit("key " + key, MOST_OF_KEY));
        });
  }

  /** Bytes that are taken. */
  synchronized long taken() {
    return taken;
  }

  private synchronized void take(List<Limit> limits, long bytes) {
    boolean fits =
        taken + bytes <= MOST
            && limits.stream()
                .allMatch(it -> unproven.getOrDefault(it.name, 0L) + bytes <= it.most);
    if (!fits) {
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE,
          "The server is reading too many large bodies; try again later.");
    }
    taken += bytes;
    limits.forEach(it -> unproven.merge(it.name, bytes, Long::sum));
  }

  private synchronized void giveBack(List<Limit> limits, long bytes) {
    taken -= bytes;
    limits.forEach(
        it -> unproven.computeIfPresent(it.name, (_, held) -> held > bytes ? held - bytes : null));
  }
}
