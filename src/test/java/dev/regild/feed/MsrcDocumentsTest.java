package dev.regild.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.feed.Issue.State;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MsrcDocumentsTest {
  /** In the shape of Microsoft's own. */
  private static final String DOCUMENT =
      """
      <cvrf:cvrfdoc xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1"
          xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1"
          xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1">
        <cvrf:DocumentTitle>March 2026</cvrf:DocumentTitle>
        <prod:ProductTree><prod:Branch Type="Vendor" Name="Microsoft">
          <prod:Branch Type="Product Family" Name="Windows">
            <prod:FullProductName ProductID="1">Windows Server 2022</prod:FullProductName>
            <prod:FullProductName ProductID="2">Windows Server 2022 (Server Core installation)</prod:FullProductName>
            <prod:FullProductName ProductID="3">Windows Server 2022, 23H2 Edition (Server Core installation)</prod:FullProductName>
            <prod:FullProductName ProductID="4">Windows 11 Version 24H2 for x64-based Systems</prod:FullProductName>
            <prod:FullProductName ProductID="5">Windows Server 2019</prod:FullProductName>
            <prod:FullProductName ProductID="6-1">Microsoft .NET Framework 4.8 on Windows Server 2022</prod:FullProductName>
          </prod:Branch></prod:Branch></prod:ProductTree>
        <vuln:Vulnerability Ordinal="1">
          <vuln:Title>a flaw</vuln:Title><vuln:CVE>CVE-2026-0001</vuln:CVE>
          <vuln:Threats>
            <vuln:Threat Type="Impact"><vuln:Description>Spoofing</vuln:Description><vuln:ProductID>1</vuln:ProductID></vuln:Threat>
            <vuln:Threat Type="Severity"><vuln:Description>Important</vuln:Description><vuln:ProductID>1</vuln:ProductID></vuln:Threat>
          </vuln:Threats>
          <vuln:Remediations>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5035857</vuln:Description>
              <vuln:ProductID>1</vuln:ProductID><vuln:ProductID>2</vuln:ProductID>
              <vuln:SubType>Security Update</vuln:SubType><vuln:FixedBuild>10.0.20348.2340</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5036999</vuln:Description>
              <vuln:ProductID>1</vuln:ProductID><vuln:SubType>SecurityHotpatchUpdate</vuln:SubType>
              <vuln:FixedBuild>10.0.20348.2330</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5035856</vuln:Description>
              <vuln:ProductID>3</vuln:ProductID>
              <vuln:FixedBuild>10.0.25398.763</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5040435</vuln:Description>
              <vuln:ProductID>4</vuln:ProductID>
              <vuln:FixedBuild>10.0.26100.1150</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5034123</vuln:Description>
              <vuln:ProductID>6-1</vuln:ProductID><vuln:FixedBuild>4.8.4718.0</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>Release Notes</vuln:Description>
              <vuln:ProductID>6-1</vuln:ProductID><vuln:FixedBuild>4.8.4718.0</vuln:FixedBuild></vuln:Remediation>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5035849</vuln:Description>
              <vuln:ProductID>5</vuln:ProductID><vuln:FixedBuild>10.0.20348.1</vuln:FixedBuild></vuln:Remediation>
          </vuln:Remediations>
        </vuln:Vulnerability>
      </cvrf:cvrfdoc>
      """;

  @TempDir Path directory;

  @Test
  void aCveIsFixedInTheLowestBuildOfAServer() throws Exception {
    FeedFacts facts = read(Files.writeString(directory.resolve("month.xml"), DOCUMENT));

    assertThat(facts.find("WINDOWS_SERVER_2022", "Windows", "CVE-2026-0001"))
        .isEqualTo(
            new Issue(
                "CVE-2026-0001", State.AFFECTED, "10.0.20348.2340", "Important", "KB5035857"));
    assertThat(facts.issues("WINDOWS_SERVER_2019")).isZero();
  }

  @Test
  void eachBuildOfAClientHasAFixOfItsOwn() throws Exception {
    FeedFacts facts = read(Files.writeString(directory.resolve("month.xml"), DOCUMENT));

    assertThat(facts.find("WINDOWS", "Windows 26100", "CVE-2026-0001"))
        .isEqualTo(new Issue("CVE-2026-0001", State.AFFECTED, "10.0.26100.1150", "", "KB5040435"));
    assertThat(facts.find("WINDOWS", "Windows", "CVE-2026-0001")).isNull();
  }

  @Test
  void theCvesOfAKbAreKnown() throws Exception {
    FeedFacts facts = read(Files.writeString(directory.resolve("month.xml"), DOCUMENT));

    for (String kb : List.of("KB5035857", "KB5034123")) {
      assertThat(facts.find("WINDOWS_SERVER_2022", kb, "CVE-2026-0001")).as(kb).isNotNull();
    }
    assertThat(facts.find("WINDOWS_SERVER_2022", "KB5036999", "CVE-2026-0001"))
        .as("a hotpatch")
        .isNull();
  }

  @Test
  void anArchiveHasSeveralMonths() throws Exception {
    Path archive = directory.resolve("months.zip");
    try (OutputStream out = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String cve : new String[] {"CVE-2026-0001", "CVE-2026-0002"}) {
        zip.putNextEntry(new ZipEntry(cve + ".xml"));
        zip.write(
            ("\uFEFF" + DOCUMENT.replace("CVE-2026-0001", cve)).getBytes(StandardCharsets.UTF_8));
      }
    }

    assertThat(read(archive).issues("WINDOWS_SERVER_2022")).isEqualTo(6);
  }

  @Test
  void whatIsNoCvrfDocumentIsRefused() throws Exception {
    Path other = Files.writeString(directory.resolve("a.xml"), "<html/>");
    Path cut =
        Files.writeString(directory.resolve("b.xml"), DOCUMENT.substring(0, DOCUMENT.length() / 2));
    Path entity =
        Files.writeString(directory.resolve("c.xml"), "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>");

    assertThatThrownBy(() -> read(other)).hasMessageContaining("not a CVRF document");
    assertThatThrownBy(() -> read(cut)).isInstanceOf(MalformedFeedException.class);
    assertThatThrownBy(() -> read(entity)).hasMessageContaining("document type");
  }

  /** What is read of a document is in memory until its end. */
  @Test
  void aDocumentWithFarTooMuchIsRefused() throws Exception {
    Path many =
        document("", "<Vulnerability><CVE>CVE-2026-0001</CVE></Vulnerability>".repeat(20_001));
    StringBuilder products = new StringBuilder();
    for (int i = 0; i <= 10_000; i++) {
      products.append(
          "<FullProductName ProductID='%d'>Windows Server 2022</FullProductName>".formatted(i));
    }
    Path large = document(products.toString(), "");

    assertThatThrownBy(() -> read(many)).hasMessageContaining("more than 20,000 vulnerabilities");
    assertThatThrownBy(() -> read(large)).hasMessageContaining("more than 10,000 products");
  }

  private Path document(String products, String vulnerabilities) throws IOException {
    return Files.writeString(
        Files.createTempFile(directory, "large", ".xml"),
        "<cvrfdoc><ProductTree>" + products + "</ProductTree>" + vulnerabilities + "</cvrfdoc>");
  }

  private static FeedFacts read(Path file) throws Exception {
    FeedFacts facts =
        new FeedFacts(Set.of("WINDOWS_SERVER_2022", "WINDOWS_SERVER_2019", "WINDOWS"));
    new MsrcDocuments().read(file, facts);
    return facts;
  }
}
