package dev.regild.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.regild.feed.Issue.State;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsafDocumentsTest {
  /** In the shape of Red Hat's own. */
  private static final String DOCUMENT =
      """
      {"document": {"aggregate_severity": {"namespace": "https://access.redhat.com/", "text": "Moderate"},
        "category": "csaf_vex", "csaf_version": "2.0", "distribution": {"tlp": {"label": "WHITE"}},
        "publisher": {"category": "vendor", "name": "Red Hat Product Security"},
        "title": "a flaw", "tracking": {"id": "CVE-2026-5001", "status": "final", "version": "3"}},
       "product_tree": {
        "branches": [{"branches": [
          {"branches": [
            {"category": "product_name", "name": "Red Hat Enterprise Linux 9",
             "product": {"name": "Red Hat Enterprise Linux 9", "product_id": "red_hat_enterprise_linux_9",
              "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"}}},
            {"category": "product_name", "name": "Red Hat Enterprise Linux BaseOS (v. 9)",
             "product": {"name": "BaseOS", "product_id": "BaseOS-9.4.0.Z.MAIN.EUS",
              "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9::baseos"}}},
            {"category": "product_name", "name": "AppStream",
             "product": {"name": "AppStream", "product_id": "AppStream-8.10.0.Z.MAIN.EUS",
              "product_identification_helper": {"cpe": "cpe:/a:redhat:enterprise_linux:8::appstream"}}},
            {"category": "product_name", "name": "Extended update support",
             "product": {"name": "EUS", "product_id": "BaseOS-9.2.0.Z.EUS",
              "product_identification_helper": {"cpe": "cpe:/o:redhat:rhel_eus:9.2::baseos"}}}],
           "category": "product_family", "name": "Red Hat Enterprise Linux"},
          {"category": "product_version", "name": "openssl-1:3.0.7-27.el9.src",
           "product": {"name": "openssl", "product_id": "openssl-1:3.0.7-27.el9.src",
            "product_identification_helper": {"purl": "pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1"}}}],
          "category": "vendor", "name": "Red Hat"}],
        "relationships": [{"category": "default_component_of",
          "full_product_name": {"name": "openssl", "product_id": "red_hat_enterprise_linux_9:openssl"},
          "product_reference": "openssl", "relates_to_product_reference": "red_hat_enterprise_linux_9"}]},
       "vulnerabilities": [{"cve": "CVE-2026-5001", "cwe": {"id": "CWE-125", "name": "x"},
        "product_status": {
         "fixed": ["BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-29.el9_4.src",
           "BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-27.el9.src",
           "BaseOS-9.4.0.Z.MAIN.EUS:openssl-libs-1:3.0.7-27.el9.x86_64",
           "BaseOS-9.2.0.Z.EUS:openssl-1:3.0.1-1.el9_2.src",
           "AppStream-8.10.0.Z.MAIN.EUS:ruby:3.3:8100020240906074654:489197e6:ruby-0:3.3.5-3.module+el8.10.0+22271+6a48b0b9.src",
           "AppStream-8.10.0.Z.MAIN.EUS:nodejs-1:20.1.0-1.module+el8.10.0+1+aa.src::nodejs:20"],
         "known_affected": ["red_hat_enterprise_linux_9:gcc", "red_hat_enterprise_linux_9:emacs",
           "red_hat_enterprise_linux_9:ruby:3.0/ruby", "red_hat_satellite_6:foreman"],
         "known_not_affected": ["red_hat_enterprise_linux_9:nano"],
         "under_investigation": ["red_hat_enterprise_linux_9:vim"]},
        "remediations": [
         {"category": "vendor_fix", "details": "For details see …",
          "product_ids": ["BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-27.el9.src"],
          "url": "https://access.redhat.com/errata/RHSA-2026:1001"},
         {"category": "none_available", "details": "Affected", "product_ids": ["red_hat_enterprise_linux_9:gcc"]},
         {"category": "no_fix_planned", "details": "Will not fix", "product_ids": ["red_hat_enterprise_linux_9:emacs"]}],
        "scores": [{"cvss_v3": {"baseScore": 5.5}, "products": ["red_hat_enterprise_linux_9:gcc"]}],
        "threats": [{"category": "impact", "details": "Important"}]}]}
      """;

  @TempDir Path directory;

  private FeedFacts read(String document) throws Exception {
    FeedFacts facts = new FeedFacts(Set.of("RHEL8", "RHEL9"));
    FeedKind.CSAF.reader().read(Files.writeString(directory.resolve("cve.json"), document), facts);
    return facts;
  }

  @Test
  void whatRedHatSaysOfItsReleasesIsKept() throws Exception {
    FeedFacts facts = read(DOCUMENT);
    String cve = "CVE-2026-5001";
    assertThat(facts.find("RHEL9", "openssl", cve))
        .as("the first fix; extended support is another product")
        .isEqualTo(new Issue(cve, State.AFFECTED, "1:3.0.7-27.el9", "Important", ""));
    assertThat(facts.find("RHEL9", "gcc", cve))
        .isEqualTo(new Issue(cve, State.AFFECTED, "", "Important", ""));
    assertThat(facts.find("RHEL9", "emacs", cve))
        .isEqualTo(new Issue(cve, State.WONT_FIX, "", "Important", "Will not fix"));
    assertThat(facts.find("RHEL9", "nano", cve).state()).isEqualTo(State.NOT_AFFECTED);
    assertThat(facts.find("RHEL9", "vim", cve).note()).isEqualTo("under investigation");
    assertThat(facts.find("RHEL8", "ruby", cve).fixed())
        .isEqualTo("0:3.3.5-3.module+el8.10.0+22271+6a48b0b9");
    assertThat(facts.find("RHEL8", "nodejs", cve).fixed())
        .isEqualTo("1:20.1.0-1.module+el8.10.0+1+aa");
    assertThat(facts.issues()).as("nothing else").isEqualTo(7);
  }

  @Test
  void whatIsNoCsafIsRefused() {
    for (String wrong :
        List.of(
            "{}",
            DOCUMENT.replace("\"2.0\"", "\"3.0\""),
            DOCUMENT.replace("csaf_vex", "openvex"),
            DOCUMENT.substring(0, DOCUMENT.length() - 200),
            DOCUMENT.replace("\"known_not_affected\": [", "\"known_not_affected\": {\"a\": ["))) {
      assertThatExceptionOfType(MalformedFeedException.class).isThrownBy(() -> read(wrong));
    }
  }

  private static String many(String each, int count) {
    return IntStream.range(0, count).mapToObj(each::formatted).collect(Collectors.joining(","));
  }

  @Test
  void aDocumentThatNamesTooMuchIsRefused() {
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() -> read("{\"vulnerabilities\": [%s]}".formatted(many("{}", 20_001))))
        .withMessageContaining("more than 20,000 vulnerabilities");
    String release =
        "{\"product\": {\"product_id\": \"%d\", \"product_identification_helper\":"
            + " {\"cpe\": \"cpe:/o:redhat:enterprise_linux:9\"}}}";
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() ->
            read("{\"product_tree\": {\"branches\": [%s]}}".formatted(many(release, 100_001))))
        .withMessageContaining("more than 100,000 releases");
  }

  @Test
  void theNamesInADocumentAreLimitedTogether() throws Exception {
    Path file = directory.resolve("names.json");
    try (Writer out = Files.newBufferedWriter(file)) {
      out.write("{\"vulnerabilities\": [{\"product_status\": {\"fixed\": [\"\"");
      String name = "a".repeat(1 << 20);
      for (int i = 0; i <= 32; i++) {
        out.write(",\"r:");
        out.write(name);
        out.write('"');
      }
      out.write("]}}]}");
    }
    assertThatExceptionOfType(MalformedFeedException.class)
        .isThrownBy(() -> FeedKind.CSAF.reader().read(file, new FeedFacts(Set.of("RHEL9"))))
        .withMessageContaining("characters");
  }
}
