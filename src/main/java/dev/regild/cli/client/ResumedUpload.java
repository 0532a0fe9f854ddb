package dev.regild.cli.client;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An upload that goes on after a broken connection, perhaps at another node of the same server.
 *
 * @param path of the upload
 * @param bytes the size of the file
 * @param pause between two attempts
 */
record ResumedUpload(ApiClient client, String path, long bytes, Duration pause) {
  private static final String UPLOADS = "/regild/v1/uploads";

  /** How long nothing may arrive, in all attempts together. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** Opens the file from an offset on. */
  @FunctionalInterface
  interface Rest {
    BodyPublisher from(long offset);
  }

  /**
   * Begins an upload.
   *
   * @return empty if the server takes a disk in one request only
   */
  static Optional<ResumedUpload> begin(ApiClient client, long bytes)
      throws ServerRefusalException, IOException, InterruptedException {
    return begin(client, bytes, PAUSE);
  }

  static Optional<ResumedUpload> begin(ApiClient client, long bytes, Duration pause)
      throws ServerRefusalException, IOException, InterruptedException {
    try {
      JsonNode begun = client.post(UPLOADS + "?bytes=" + bytes, Map.of());
      String id = begun.path("diskId").asString("");
      return id.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new ResumedUpload(client, UPLOADS + "/" + ApiClient.segment(id), bytes, pause));
    } catch (ServerRefusalException e) {
      if (e.isOfOtherServer()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Sends the file, and what is missing of it again if the connection breaks.
   *
   * @return the disk
   */
  JsonNode send(Rest rest) throws ServerRefusalException, IOException, InterruptedException {
    boolean done = false;
    try {
      JsonNode answer = sendAll(rest);
      done = true;
      return answer;
    } finally {
      if (!done) {
        discard();
      }
    }
  }

  /**
   * After a failure that may have left more bytes with the server, it asks how many until it is
   * told. After any other, it only tries again: behind a proxy that hands requests to two nodes in
   * turn, a question in between would lead each try to the same one.
   */
  private JsonNode sendAll(Rest rest)
      throws ServerRefusalException, IOException, InterruptedException {
    long received = 0;
    boolean known = true;
    long progressed = System.nanoTime();
    IOException broken = new IOException("The server does not say how much of the disk it has.");
    while (true) {
      if (!known) {
        Optional<Long> now = received();
        if (now.isPresent() && now.get() > received) {
          progressed = System.nanoTime();
        }
        known = now.isPresent();
        received = now.orElse(received);
      }
      if (known) {
        try {
          JsonNode answer =
              client.append(
                  path + "?offset=" + received,
                  received < bytes ? rest.from(received) : BodyPublishers.noBody());
          if (answer.has("sha256")) {
            return answer;
          }
          broken = new IOException("The server has only a part of the disk.");
          known = false;
        } catch (ServerRefusalException e) {
          if (!e.isTemporary() && !e.isOvertaken()) {
            throw e;
          }
          broken = new IOException(e.getMessage(), e);
          known = e.isTemporary();
        } catch (IOException e) {
          broken = e;
          known = false;
        }
      }
      if (System.nanoTime() - progressed > PATIENCE.toNanos()) {
        throw broken;
      }
      Thread.sleep(pause);
    }
  }

  /** Returns how much the server has; empty if it does not answer. */
  private Optional<Long> received() throws ServerRefusalException, InterruptedException {
    try {
      return Optional.of(client.get(path).path("received").asLong(0));
    } catch (ServerRefusalException e) {
      if (e.isTemporary()) {
        return Optional.empty();
      }
      // The upload has become a disk, which the next request is told.
      return Optional.of(bytes);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Tries once: the server removes in time what nobody sends more of. */
  private void discard() throws InterruptedException {
    try {
      client.delete(path);
    } catch (ServerRefusalException | IOException e) {
      // The caller sees the failure that led here.
    }
  }
}
