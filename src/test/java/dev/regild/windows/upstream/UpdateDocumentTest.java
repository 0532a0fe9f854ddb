package dev.regild.windows.upstream;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import java.io.IOException;
import java.io.StringReader;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of a document has limits that its server does not set. */
class UpdateDocumentTest {
  private static final String LONG = "x".repeat(60_000);

  /** All parents have one name, so the number of names limits nothing. */
  @Test
  void aManifestForMoreBuildsThanThereAreIsRefused() {
    String parents =
        IntStream.range(10_000, 10_200)
            .mapToObj("<assemblyIdentity name=\"p\" version=\"10.0.%d.1\"/>"::formatted)
            .collect(joining());

    assertThatThrownBy(() -> read(cumulative().replaceFirst("</parent>", parents + "</parent>")))
        .isInstanceOf(IOException.class)
        .hasMessage("it is for more than 100 builds");
  }

  @Test
  void everyTextThatIsKeptHasItsWeight() throws Exception {
    long usual = read(cumulative()).weight();

    assertThat(read(cumulative().replace("\"Software\"", '"' + LONG + '"')).weight())
        .isGreaterThan(usual + 50_000);
    assertThat(read(cumulative().replace("\"Published\"", '"' + LONG + '"')).weight())
        .isGreaterThan(usual + 50_000);
    assertThat(usual).as("with its manifest").isGreaterThan(1_000);
  }

  @Test
  void aSeverityThatIsNoWordIsNotKept() throws Exception {
    Bundle bundle = new Bundle(UUID.randomUUID());
    assertThat(read(bundle.text()).severity()).isEqualTo("Important");
    assertThat(read(bundle.text().replace("\"Important\"", '"' + LONG + '"')).severity()).isEmpty();
  }

  /** As those of the operating system's installer may be. */
  @ParameterizedTest
  @ValueSource(strings = {"all", "NeutralLanguage"})
  void anUpdateThatIsTheSameInEachLanguageHasItsTitle(String language) throws Exception {
    Bundle bundle = new Bundle(UUID.randomUUID());
    bundle.title = "2026-01 Cumulative Update Preview";
    String neutral = bundle.text().replace(">en<", '>' + language + '<');

    assertThat(read(neutral).title()).isEqualTo(bundle.title);
    assertThat(read(neutral).cves()).containsExactly("CVE-2026-10001");
    assertThat(read(bundle.text().replace(">de<", '>' + language + '<')).title())
        .as("in English, if it has both")
        .isEqualTo(bundle.title);
  }

  private static String cumulative() {
    return UpdateDocuments.cbs(
        new RevisionId(UUID.randomUUID(), 100), "KB5035857", "20348.2340.1.10", "amd64", 10);
  }

  private static UpdateFacts read(String document) throws IOException {
    return UpdateDocument.read(new StringReader(document));
  }
}
