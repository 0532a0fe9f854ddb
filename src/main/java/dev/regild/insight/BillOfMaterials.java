package dev.regild.insight;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image's bill of materials. It depends on the image alone, and its time is the image's, so that
 * two copies are equal byte by byte.
 */
public final class BillOfMaterials {
  private static final String TOOL = "Regild";
  private static final String NO_ASSERTION = "NOASSERTION";

  private final BillSubject subject;
  private final PackageNotes notes;

  /**
   * @param notes the notes of the image's package system
   */
  public BillOfMaterials(BillSubject subject, PackageNotes notes) {
    this.subject = subject;
    this.notes = notes;
  }

  /** A format of bills of materials. */
  public enum Format {
    CYCLONEDX("application/vnd.cyclonedx+json"),
    SPDX("application/spdx+json");

    private final String mediaType;

    Format(String mediaType) {
      this.mediaType = mediaType;
    }

    public String mediaType() {
      return mediaType;
    }
  }

  /** Returns the document as JSON, byte by byte the same each time. */
  public byte[] json(Format format) {
    return PrintableJson.of(as(format));
  }

  /** Returns the document, ready to be written as JSON. */
  public Map<String, Object> as(Format format) {
    return switch (format) {
      case CYCLONEDX -> cycloneDx();
      case SPDX -> spdx();
    };
  }

  /** CycloneDX 1.6. */
  private Map<String, Object> cycloneDx() {
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("type", "operating-system");
    image.put("bom-ref", subject.arn());
    image.put("name", subject.name());
    image.put("version", subject.id());
    image.put("description", subject.inventory().os().name());
    subject
        .layerSha256()
        .ifPresent(
            hash -> image.put("hashes", List.of(ordered("alg", "SHA-256", "content", hash))));
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("timestamp", time());
    metadata.put(
        "tools", Map.of("components", List.of(ordered("type", "application", "name", TOOL))));
    metadata.put("component", image);
    metadata.put("properties", properties());

    List<Map<String, Object>> components = new ArrayList<>();
    Map<String, Integer> taken = new LinkedHashMap<>();
    for (InstalledPackage each : subject.inventory().packages()) {
      components.add(component(each, taken));
    }
    Map<String, Object> bom = new LinkedHashMap<>();
    bom.put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
    bom.put("bomFormat", "CycloneDX");
    bom.put("specVersion", "1.6");
    bom.put("serialNumber", "urn:uuid:" + subject.id());
    bom.put("version", 1);
    bom.put("metadata", metadata);
    bom.put("components", components);
    return bom;
  }

  private List<Map<String, Object>> properties() {
    List<Map<String, Object>> properties = new ArrayList<>();
    properties.add(
        ordered("name", "regild:platform", "value", subject.inventory().os().platform()));
    properties.add(
        ordered("name", "regild:osVersion", "value", subject.inventory().os().version()));
    properties.add(
        ordered("name", "regild:architecture", "value", subject.inventory().architecture()));
    if (!subject.inventory().knowsOrigins()) {
      properties.add(ordered("name", "regild:inventory", "value", olderInventory()));
    }
    return properties;
  }

  private static String olderInventory() {
    return "stored before the sources of packages were read; the image's next update reads them";
  }

  private Map<String, Object> component(InstalledPackage each, Map<String, Integer> taken) {
    String purl = purl(each);
    Map<String, Object> component = new LinkedHashMap<>();
    component.put("type", "library");
    component.put("bom-ref", unique(purl, taken));
    each.origin()
        .map(PackageOrigin::vendor)
        .filter(vendor -> !vendor.isEmpty())
        .ifPresent(vendor -> component.put("supplier", Map.of("name", vendor)));
    component.put("name", each.name());
    component.put("version", each.version());
    each.origin()
        .map(PackageOrigin::license)
        .filter(license -> !license.isEmpty())
        .ifPresent(license ->
            component.put("licenses", List.of(Map.of("license", Map.of("name", license)))));
    component.put("purl", purl);
    List<Map<String, Object>> properties = new ArrayList<>();
    property(properties, "source", each.origin().map(PackageOrigin::source));
    property(properties, "sourceVersion", each.origin().map(PackageOrigin::sourceVersion));
    property(properties, "section", each.origin().map(PackageOrigin::section));
    if (!properties.isEmpty()) {
      component.put("properties", properties);
    }
    return component;
  }

  private static void property(
      List<Map<String, Object>> properties, String name, Optional<String> value) {
    value
        .filter(text -> !text.isEmpty())
        .ifPresent(text -> properties.add(ordered("name", "regild:" + name, "value", text)));
  }

  /** Numbers repeated identifiers: Windows can have one program twice. */
  private static String unique(String text, Map<String, Integer> taken) {
    int before = taken.merge(text, 1, Integer::sum);
    return before == 1 ? text : text + "#" + before;
  }

  private String purl(InstalledPackage each) {
    return notes.purl(subject.inventory().os(), each).toString();
  }

  /** SPDX 2.3. */
  private Map<String, Object> spdx() {
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("SPDXID", "SPDXRef-Image");
    image.put("name", subject.name());
    image.put("versionInfo", subject.id());
    image.put("downloadLocation", NO_ASSERTION);
    image.put("filesAnalyzed", false);
    image.put("primaryPackagePurpose", "OPERATING_SYSTEM");
    image.put("comment", comment());
    subject
        .layerSha256()
        .ifPresent(hash ->
            image.put("checksums", List.of(ordered("algorithm", "SHA256", "checksumValue", hash))));

    List<Map<String, Object>> packages = new ArrayList<>(List.of(image));
    List<Map<String, Object>> relationships = new ArrayList<>();
    relationships.add(relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image"));
    List<Map<String, Object>> licenses = new ArrayList<>();
    Map<String, String> references = new LinkedHashMap<>();
    int number = 0;
    for (InstalledPackage each : subject.inventory().packages()) {
      String id = "SPDXRef-Package-" + ++number;
      packages.add(spdxPackage(each, id, references, licenses));
      relationships.add(relationship("SPDXRef-Image", "CONTAINS", id));
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("spdxVersion", "SPDX-2.3");
    document.put("dataLicense", "CC0-1.0");
    document.put("SPDXID", "SPDXRef-DOCUMENT");
    document.put("name", subject.name());
    document.put("documentNamespace", "urn:uuid:" + subject.id());
    // Not Map.of, whose order is another in each process.
    Map<String, Object> creation = new LinkedHashMap<>();
    creation.put("created", time());
    creation.put("creators", List.of("Tool: " + TOOL));
    document.put("creationInfo", creation);
    document.put("packages", packages);
    if (!licenses.isEmpty()) {
      document.put("hasExtractedLicensingInfos", licenses);
    }
    document.put("relationships", relationships);
    return document;
  }

  private String comment() {
    String os = subject.inventory().os().name() + ", " + subject.arn();
    return subject.inventory().knowsOrigins() ? os : os + "; inventory " + olderInventory();
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
                purl(each))));
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

  private String time() {
    return subject.created().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static Map<String, Object> ordered(String... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
