package dev.regild.windows.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The updates that a server offers, as a snapshot has them: those that nothing supersedes.
 *
 * @param server the root of its URLs; empty if the channel has none
 * @param signedBy a PEM file with the roots of those who sign the files; empty for Microsoft's
 * @param updates in a fixed order
 */
public record OfferedUpdates(String server, String signedBy, List<OfferedUpdate> updates) {
  /** What its file is in a snapshot. */
  public static final String KIND = "UPDATES";

  public static final String FILE = "updates.json";

  /** Of a channel that has no server. */
  public static final OfferedUpdates NONE = new OfferedUpdates("", "", List.of());

  private static final JsonMapper JSON = JsonMapper.builder().build();

  public OfferedUpdates {
    updates =
        updates.stream()
            .sorted(
                Comparator.comparing((OfferedUpdate each) -> each.facts().kind())
                    .thenComparing(each -> each.facts().name())
                    .thenComparing(each -> each.facts().version())
                    .thenComparing(each -> each.file().sha256()))
            .toList();
  }

  /** Whether nobody on the way could change what the server says. */
  public boolean isSecure() {
    return !server.startsWith("http:");
  }

  /** The same updates make the same text. */
  public String text() {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
  }

  /** Reads the file of a snapshot. */
  static OfferedUpdates read(Path file) throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(file), OfferedUpdates.class);
    } catch (JacksonException e) {
      throw new IOException(file + " is damaged: " + e.getOriginalMessage(), e);
    }
  }
}
