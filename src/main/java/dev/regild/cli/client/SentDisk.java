package dev.regild.cli.client;

import java.io.IOException;

/**
 * A disk that a server has taken, and that is not an image yet.
 *
 * @param id what the server calls it
 */
public record SentDisk(ApiClient client, String id) {
  /**
   * Removes it, since nothing comes of it.
   *
   * @return a sentence that says what became of it
   */
  public String withdraw() throws InterruptedException {
    try {
      client.delete("/regild/v1/disks/" + ApiClient.segment(id));
      return "The uploaded disk was removed.";
    } catch (ServerRefusalException | IOException e) {
      return "The uploaded disk is still on the server; delete it with: regild disks delete " + id;
    }
  }
}
