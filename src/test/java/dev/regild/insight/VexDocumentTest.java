package dev.regild.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.PackageSystems;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.net.URI;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * States what OpenVEX 0.2.0 requires of a document and allows in it: no jar has the official
 * schema.
 */
class VexDocumentTest {
  private static final Inventory DEBIAN =
      new Inventory(
          new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
          "amd64",
          List.of(
              new InstalledPackage("libssl3", "amd64", "3.0.22-1~deb12u2", false),
              new InstalledPackage("libstdc++6", "amd64", "1:12.2.0-14", false),
              new InstalledPackage("openssl", "amd64", "3.0.22-1~deb12u2", false)));

  private static final SourceFixes OPENSSL =
      fixes("openssl", List.of("libssl3", "openssl"), "CVE-2026-84782", "CVE-2026-999");
  private static final SourceFixes GCC =
      fixes("gcc-12", List.of("libstdc++6", "removed-later"), "CVE-2026-84782");
  private static final SourceFixes NOTHING = fixes("tzdata", List.of("tzdata"));

  @Test
  void aDocumentHasWhatOpenVexRequiresAndNothingElse() throws Exception {
    JsonNode document = document(OPENSSL, GCC, NOTHING);
    requireMembers(
        document,
        Set.of("@context", "@id", "author", "timestamp", "version", "statements"),
        Set.of("role", "tooling", "last_updated"));
    assertThat(document.path("@context").asString()).isEqualTo("https://openvex.dev/ns/v0.2.0");
    assertThat(new URI(document.path("@id").asString()).isAbsolute()).isTrue();
    assertThat(document.path("version").isInt()).isTrue();
    assertThat(Instant.parse(document.path("timestamp").asString())).isNotNull();
    assertThat(document.path("statements")).hasSize(2);
    for (JsonNode statement : document.path("statements")) {
      requireMembers(
          statement, Set.of("vulnerability", "status"), Set.of("products", "status_notes"));
      requireMembers(statement.path("vulnerability"), Set.of("name"), Set.of());
      assertThat(statement.path("status").asString()).isEqualTo("fixed");
      requireDistinct(statement.path("products"));
      for (JsonNode product : statement.path("products")) {
        requireMembers(product, Set.of("@id", "identifiers"), Set.of("hashes", "subcomponents"));
        requireIdentified(product);
        requireDistinct(product.path("subcomponents"));
        for (JsonNode part : product.path("subcomponents")) {
          requireMembers(part, Set.of("@id", "identifiers"), Set.of("hashes"));
          requireIdentified(part);
        }
      }
    }
  }

  /** Scanners match a package URL without qualifiers with any; one with some, only with these. */
  @Test
  void packageUrlsHaveNoQualifiers() {
    JsonNode first = document(OPENSSL, GCC).at("/statements/1");
    assertThat(first.at("/vulnerability/name").asString()).isEqualTo("CVE-2026-84782");
    assertThat(first.at("/products/0/subcomponents"))
        .extracting(each -> each.path("@id").asString())
        .containsExactly(
            "pkg:deb/debian/libssl3@3.0.22-1~deb12u2",
            "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14",
            "pkg:deb/debian/openssl@3.0.22-1~deb12u2");
    assertThat(first.toString()).doesNotContain("?arch=").doesNotContain("removed-later");
  }

  /** The list of statements must not be empty. */
  @Test
  void thereIsNoDocumentWithoutAStatement() {
    assertThat(new VexDocument(subject(), notes(), new Fixes(List.of(NOTHING))).isEmpty()).isTrue();
    assertThat(new VexDocument(subject(), notes(), new Fixes(List.of())).isEmpty()).isTrue();
    assertThat(new VexDocument(subject(), notes(), new Fixes(List.of(GCC))).isEmpty()).isFalse();
  }

  private static void requireMembers(JsonNode node, Set<String> required, Set<String> allowed) {
    Set<String> members = Set.copyOf(node.propertyNames());
    assertThat(members).containsAll(required);
    Set<String> known = new HashSet<>(required);
    known.addAll(allowed);
    assertThat(known).containsAll(members);
  }

  private static void requireIdentified(JsonNode component) {
    requireMembers(component.path("identifiers"), Set.of("purl"), Set.of());
    assertThat(component.path("@id").asString())
        .startsWith("pkg:")
        .isEqualTo(component.at("/identifiers/purl").asString());
    for (JsonNode hash : component.path("hashes")) {
      assertThat(hash.asString()).matches("[0-9a-f]{64}");
    }
    assertThat(component.path("hashes").propertyNames()).isSubsetOf("sha-256");
  }

  private static void requireDistinct(JsonNode list) {
    assertThat(list).doesNotHaveDuplicates();
  }

  private static SourceFixes fixes(String source, List<String> packages, String... cves) {
    return new SourceFixes(
        source,
        "1",
        "2",
        packages,
        false,
        "",
        List.of(cves).stream().map(cve -> new FixedCve(cve, "2", "* Fix " + cve)).toList(),
        List.of(new FixedCve("CVE-2020-1000", "2", "* Regression of CVE-2020-1000")));
  }

  private static PackageNotes notes() {
    return PackageSystems.installed().find("DEBIAN_12").orElseThrow().notes();
  }

  private static BillSubject subject() {
    return new BillSubject(
        "golden",
        "3f2f0d5e-6d0e-4b8a-9c57-0a9d4c0f7f11",
        "arn:aws:appstream:us-east-1:123456789012:image/golden",
        Instant.parse("2026-02-03T04:05:06Z"),
        Optional.of("0".repeat(64)),
        DEBIAN);
  }

  private static JsonNode document(SourceFixes... fixes) {
    byte[] json = new VexDocument(subject(), notes(), new Fixes(List.of(fixes))).json();
    return JsonMapper.shared().readTree(json);
  }
}
