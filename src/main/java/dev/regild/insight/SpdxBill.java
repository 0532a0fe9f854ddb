package dev.regild.insight;

import static dev.regild.insight.BillOfMaterials.ordered;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A bill of materials as SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/). */
record SpdxBill(BillOfMaterials bill) {
  private static final String NO_ASSERTION = "NOASSERTION";

  Map<String, Object> document() {
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("SPDXID", "SPDXRef-Image");
    image.put("name", bill.subject().name());
    image.put("versionInfo", bill.subject().id());
    image.put("downloadLocation", NO_ASSERTION);
    image.put("filesAnalyzed", false);
    image.put("primaryPackagePurpose", "OPERATING_SYSTEM");
    image.put("comment", comment());
    bill.subject()
        .layerSha256()
        .ifPresent(hash ->
            image.put("checksums", List.of(ordered("algorithm", "SHA256", "checksumValue", hash))));

    List<Map<String, Object>> packages = new ArrayList<>(List.of(image));
    List<Map<String, Object>> relationships = new ArrayList<>();
    relationships.add(relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image"));
    List<Map<String, Object>> licenses = new ArrayList<>();
    Map<String, String> references = new LinkedHashMap<>();
    int number = 0;
    for (InstalledPackage each : bill.subject().inventory().packages()) {
      String id = "SPDXRef-Package-" + ++number;
      packages.add(spdxPackage(each, id, references, licenses));
      relationships.add(relationship("SPDXRef-Image", "CONTAINS", id));
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("spdxVersion", "SPDX-2.3");
    document.put("dataLicense", "CC0-1.0");
    document.put("SPDXID", "SPDXRef-DOCUMENT");
    document.put("name", bill.subject().name());
    document.put("documentNamespace", "urn:uuid:" + bill.subject().id());
    // Not Map.of, whose order is another in each process.
    Map<String, Object> creation = new LinkedHashMap<>();
    creation.put("created", bill.time());
    creation.put("creators", List.of("Tool: " + BillOfMaterials.TOOL));
    document.put("creationInfo", creation);
    document.put("packages", packages);
    if (!licenses.isEmpty()) {
      document.put("hasExtractedLicensingInfos", licenses);
    }
    document.put("relationships", relationships);
    return document;
  }

  private String comment() {
    String os = bill.subject().inventory().os().name() + ", " + bill.subject().arn();
    return bill.subject().inventory().knowsOrigins()
        ? os
        : os + "; inventory " + BillOfMaterials.OLDER_INVENTORY;
  }

  /** Licences are in the package system's own words, which are not SPDX expressions. */
  private Map<String, Object> spdxPackage(
      InstalledPackage each,
      String id,
      Map<String, String> references,
      List<Map<String, Object>> licenses) {
    Optional<PackageOrigin> origin = each.origin();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("SPDXID", id);
    result.put("name", each.name());
    result.put("versionInfo", each.version());
    result.put(
        "supplier",
        origin
            .map(PackageOrigin::vendor)
            .filter(vendor -> !vendor.isEmpty())
            .map(vendor -> "Organization: " + vendor.replaceAll("\\s+", " "))
            .orElse(NO_ASSERTION));
    result.put("downloadLocation", NO_ASSERTION);
    result.put("filesAnalyzed", false);
    result.put("licenseConcluded", NO_ASSERTION);
    result.put(
        "licenseDeclared",
        origin
            .map(PackageOrigin::license)
            .filter(license -> !license.isEmpty())
            .map(license -> references.computeIfAbsent(license, text -> reference(text, licenses)))
            .orElse(NO_ASSERTION));
    result.put("copyrightText", NO_ASSERTION);
    origin
        .filter(known -> !known.source().isEmpty())
        .ifPresent(known ->
            result.put(
                "sourceInfo", "built from: " + known.source() + " " + known.sourceVersion()));
    result.put(
        "externalRefs",
        List.of(
            ordered(
                "referenceCategory",
                "PACKAGE-MANAGER",
                "referenceType",
                "purl",
                "referenceLocator",
                bill.purl(each))));
    return result;
  }

  private static String reference(String license, List<Map<String, Object>> licenses) {
    String id = "LicenseRef-" + (licenses.size() + 1);
    licenses.add(ordered("licenseId", id, "extractedText", license));
    return id;
  }

  private static Map<String, Object> relationship(String from, String type, String to) {
    return ordered("spdxElementId", from, "relationshipType", type, "relatedSpdxElement", to);
  }
}
