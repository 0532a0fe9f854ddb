package dev.regild.plan;

import java.util.List;

/**
 * What a vendor says about an update.
 *
 * @param id the vendor's: {@code RHSA-2024:1234}, {@code ALAS2-2024-1234}
 * @param type {@code bugfix}, {@code enhancement}, or the word for security
 * @param severity the vendor's word: {@code Important}; empty where there is none
 * @param cves the CVEs that it fixes
 */
public record Advisory(String id, String type, String severity, List<String> cves) {
  public Advisory {
    cves = List.copyOf(cves);
  }

  /** Whether it is about security. */
  public boolean mendsSecurity() {
    return type.equals("security");
  }
}
