package dev.regild.windows.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fetch.Transport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages in the form of Microsoft's, with the tests' own rows. */
class ReleaseNotesTest {
  @TempDir Path directory;

  @Test
  void theNewestReleaseThatIsNoPreviewIsCompared() throws Exception {
    Path page =
        Files.writeString(
            directory.resolve("page.html"),
            """
            <html><body><h2>Server (build 20348)</h2><table>
            <tr><th>Update type</th><th>Date</th><th>Build</th><th>KB article</th></tr>
            <tr><td>2026-01 B</td><td>2026-01-13</td><td>20348.2227</td>
                <td><a href="https://example.org/help/5034129">KB5034129</a></td></tr>
            <tr class="x"><td>2026-03 B</td><td>2026-03-12</td><td>20348.2340</td>
                <td><a href="https://example.org/help/5035857">KB5035857</a></td></tr>
            <tr><td>2026-03 D</td><td>2026-03-26</td><td>20348.2350</td><td>KB5035999</td></tr>
            <tr><td>2026-02 OOB</td><td>2026-02-20</td><td>20348.2300</td><td>KB5034999</td></tr>
            </table><table>
            <tr><td>2026-03 B</td><td>2026-03-12</td><td>17763.5576</td><td>KB5035849</td></tr>
            </table></body></html>
            """);
    ReleaseNotes notes =
        new ReleaseNotes(List.of(page.toUri().toString()), Transport.in(directory));

    assertThat(notes.compare(Map.of("20348", "20348.2227")))
        .containsExactly(
            "Microsoft's release notes have 20348.2340 (KB5035857), but the newest that the channel"
                + " knows is 20348.2227; refresh the channel, or add the update by hand");
    assertThat(notes.compare(Map.of("20348", "20348.2340")))
        .containsExactly("20348.2340 (KB5035857) is the newest in Microsoft's release notes, too");
    assertThat(notes.compare(Map.of("20348", "20348.2402")))
        .singleElement()
        .asString()
        .contains("20348.2402 is newer than");
    assertThat(notes.compare(Map.of("26100", "26100.1")))
        .singleElement()
        .asString()
        .contains("have no row");
  }
}
