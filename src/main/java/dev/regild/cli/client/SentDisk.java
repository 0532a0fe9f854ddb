package dev.regild.cli.client;

import dev.regild.cli.terminal.Progress;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A disk that a server has taken, and that is not an image yet.
 *
 * @param id what the server calls it
 */
public record SentDisk(ApiClient client, String id) {
  /** What the server says of a disk that it is asked to remove. */
  private enum Removal {
    REMOVED,
    /** An import reads it. */
    IN_USE,
    /** The server has it no longer: its import has ended. */
    GONE,
    UNKNOWN
  }

  /**
   * Has the server make an image of the disk, and asks again while it does not answer: a proxy
   * whose server is down says nothing about the disk. If the server had accepted the import and
   * only its answer was lost, it refuses the repeated request, but it also keeps the disk, or has
   * imported it already.
   *
   * @param request of CreateImportedImage, without the disk
   * @return the image
   * @throws IOException if the import is refused or not answered; the message also says what became
   *     of the disk
   */
  public JsonNode importAs(Map<String, Object> request, Progress progress)
      throws ServerRefusalException, IOException, InterruptedException {
    return importAs(request, new Patience(progress));
  }

  JsonNode importAs(Map<String, Object> request, Patience patience)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> call = new HashMap<>(request);
    call.put("SourceAmiId", id);
    int[] attempts = {0};
    try {
      return patience
          .ask(() -> {
            attempts[0]++;
            return client.call("CreateImportedImage", call);
          })
          .path("Image");
    } catch (IOException e) {
      throw unanswered(e);
    } catch (ServerRefusalException e) {
      if (e.isTemporary()) {
        throw unanswered(e);
      }
      Removal removal = attempts[0] == 1 ? remove() : remove(patience);
      boolean accepted =
          removal == Removal.IN_USE || (removal == Removal.GONE && e.isOfTakenName());
      if (attempts[0] > 1 && accepted) {
        return patience.ask(() -> Wire.image(client, String.valueOf(request.get("Name"))));
      }
      throw new IOException("%s %s".formatted(e.getMessage(), words(removal)), e);
    }
  }

  /** The server may have accepted the import, so the disk is not removed. */
  private IOException unanswered(Exception e) {
    return new IOException(
        "The server did not answer the import of the uploaded disk %s: %s. If regild images does not show the image, delete the disk with: regild disks delete %s"
            .formatted(id, String.valueOf(e.getMessage()).replaceFirst("\\.+$", ""), id),
        e);
  }

  /**
   * Removes it, since nothing comes of it.
   *
   * @return a sentence that says what became of it
   */
  public String withdraw() throws InterruptedException {
    return words(remove());
  }

  private String words(Removal removal) {
    return switch (removal) {
      case REMOVED -> "The uploaded disk was removed.";
      case GONE -> "The uploaded disk is no longer on the server.";
      case IN_USE, UNKNOWN ->
          "The uploaded disk is still on the server; delete it with: regild disks delete " + id;
    };
  }

  private Removal remove() throws InterruptedException {
    try {
      return tryRemove();
    } catch (ServerRefusalException | IOException e) {
      return Removal.UNKNOWN;
    }
  }

  private Removal remove(Patience patience) throws InterruptedException {
    try {
      return patience.ask(this::tryRemove);
    } catch (ServerRefusalException | IOException e) {
      return Removal.UNKNOWN;
    }
  }

  private Removal tryRemove() throws ServerRefusalException, IOException, InterruptedException {
    try {
      client.delete("/regild/v1/disks/" + ApiClient.segment(id));
      return Removal.REMOVED;
    } catch (ServerRefusalException e) {
      if (e.isInUse()) {
        return Removal.IN_USE;
      }
      if (e.isNotFound()) {
        return Removal.GONE;
      }
      throw e;
    }
  }
}
