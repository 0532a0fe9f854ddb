package dev.regild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class PlanTableTest {
  @Test
  void cvesAreCountedByPackageAndNeverZeroWhereTheyAreUnknown() {
    String plan =
        """
        {"changes": [
          {"kind": "OS", "name": "apt", "from": "1", "to": "2"},
          {"kind": "OS", "name": "bash", "from": "1", "to": "2"},
          {"kind": "OS", "name": "libssl3", "from": "3.0.11-1", "to": "3.0.22-1", "security": true},
          {"kind": "OS", "name": "zlib1g", "from": "1", "to": "2"},
          {"kind": "DRIVER", "name": "linux-image-amd64", "from": "1", "to": "2"}],
         "cves": {"fixed": 2, "kernel": 2582, "mentioned": 1, "unknown": ["apt"], "sources": [
           {"source": "apt", "to": "2", "packages": ["apt"], "fixed": 0,
            "unknown": "its changelog was not read yet", "fixedCves": [], "mentionedCves": []},
           {"source": "bash", "to": "2", "packages": ["bash"], "fixed": 0,
            "fixedCves": [], "mentionedCves": []},
           {"source": "linux-signed-amd64", "to": "2", "packages": ["linux-image-amd64"],
            "kernel": true, "fixed": 2582},
           {"source": "openssl", "to": "3.0.22-1", "packages": ["libssl3"], "fixed": 2,
            "fixedCves": [{"cve": "CVE-2026-1111"}, {"cve": "CVE-2026-2222"}],
            "mentionedCves": [{"cve": "CVE-2026-3333", "evidence": "* Regression of CVE-2026-3333"}]},
           {"source": "zlib", "to": "2", "packages": ["zlib1g"], "fixed": 0,
            "unknown": "its changelog was not read yet", "fixedCves": [], "mentionedCves": []}
         ]}}
        """;
    StringWriter printed = new StringWriter();
    new PlanTable(JsonMapper.shared().readTree(plan)).print(new PrintWriter(printed, true));
    assertThat(printed.toString().lines().map(String::stripTrailing))
        .containsSubsequence(
            "OS      apt                1         2         ?",
            "OS      bash               1         2         -",
            "OS      libssl3            3.0.11-1  3.0.22-1  security; 2 CVEs",
            "DRIVER  linux-image-amd64  1         2         2582 CVEs",
            "CVEs fixed: at least 2, and at least 2582 in the kernel",
            "  openssl: CVE-2026-1111, CVE-2026-2222",
            "  openssl mentions CVE-2026-3333: * Regression of CVE-2026-3333",
            "CVEs unknown: apt, zlib (its changelog was not read yet)");
  }
}
