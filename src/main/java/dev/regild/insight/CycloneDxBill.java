package dev.regild.insight;

import static dev.regild.insight.BillOfMaterials.ordered;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A bill of materials as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). */
record CycloneDxBill(BillOfMaterials bill) {
  Map<String, Object> document() {
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("type", "operating-system");
    image.put("bom-ref", bill.subject().arn());
    image.put("name", bill.subject().name());
    image.put("version", bill.subject().id());
    image.put("description", bill.subject().inventory().os().name());
    bill.subject()
        .layerSha256()
        .ifPresent(
            hash -> image.put("hashes", List.of(ordered("alg", "SHA-256", "content", hash))));
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("timestamp", bill.time());
    metadata.put(
        "tools",
        Map.of(
            "components", List.of(ordered("type", "application", "name", BillOfMaterials.TOOL))));
    metadata.put("component", image);
    metadata.put("properties", properties());

    List<Map<String, Object>> components = new ArrayList<>();
    Map<String, Integer> taken = new LinkedHashMap<>();
    for (InstalledPackage each : bill.subject().inventory().packages()) {
      components.add(component(each, taken));
    }
    Map<String, Object> bom = new LinkedHashMap<>();
    bom.put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
    bom.put("bomFormat", "CycloneDX");
    bom.put("specVersion", "1.6");
    bom.put("serialNumber", "urn:uuid:" + bill.subject().id());
    bom.put("version", 1);
    bom.put("metadata", metadata);
    bom.put("components", components);
    return bom;
  }

  private List<Map<String, Object>> properties() {
    List<Map<String, Object>> properties = new ArrayList<>();
    properties.add(
        ordered("name", "regild:platform", "value", bill.subject().inventory().os().platform()));
    properties.add(
        ordered("name", "regild:osVersion", "value", bill.subject().inventory().os().version()));
    properties.add(
        ordered("name", "regild:architecture", "value", bill.subject().inventory().architecture()));
    if (!bill.subject().inventory().knowsOrigins()) {
      properties.add(ordered("name", "regild:inventory", "value", BillOfMaterials.OLDER_INVENTORY));
    }
    return properties;
  }

  private Map<String, Object> component(InstalledPackage each, Map<String, Integer> taken) {
    String purl = bill.purl(each);
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
}
