package dev.regild.insight;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the update that made an image fixed, as OpenVEX 0.2.0
 * (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md). It depends on the image alone.
 *
 * <p>Each CVE is one statement with the status {@code fixed}. Its products are the image, with the
 * fixed packages as subcomponents, and the packages themselves, for readers that do not know the
 * image. Package URLs have no qualifiers: go-vex, which grype, trivy and vexctl match with, takes
 * one without qualifiers for a package with any.
 */
public final class VexDocument {
  /** The media type that cosign and trivy give OpenVEX. */
  public static final String MEDIA_TYPE = "application/json";

  private static final String CONTEXT = "https://openvex.dev/ns/v0.2.0";

  /** A name. Nothing is served there. */
  private static final String ID = "https://regild.dev/vex/";

  private final BillSubject subject;
  private final PackageNotes notes;
  private final Fixes fixes;

  /**
   * @param notes the notes of the image's package system
   * @param fixes of the update that made the image
   */
  public VexDocument(BillSubject subject, PackageNotes notes, Fixes fixes) {
    this.subject = subject;
    this.notes = notes;
    this.fixes = fixes;
  }

  /** What is said of one CVE. */
  private record Said(Set<String> packages, List<String> evidence) {}

  /** Whether the update fixed no CVE; OpenVEX has no document without a statement. */
  public boolean isEmpty() {
    return fixes.sources().stream().allMatch(source -> source.fixed().isEmpty());
  }

  /** Returns the document as JSON, byte by byte the same each time. */
  public byte[] json() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("@context", CONTEXT);
    document.put("@id", ID + subject.id());
    document.put("author", "the owner of " + subject.arn());
    document.put("role", "Image maintainer");
    document.put("timestamp", subject.created().truncatedTo(ChronoUnit.SECONDS).toString());
    document.put("version", 1);
    document.put("tooling", "Regild");
    List<Map<String, Object>> statements = new ArrayList<>();
    said().forEach((cve, each) -> statements.add(statement(cve, each)));
    document.put("statements", statements);
    return PrintableJson.of(document);
  }

  private SortedMap<String, Said> said() {
    SortedMap<String, Said> said = new TreeMap<>(FixedCve.BY_NUMBER);
    for (SourceFixes source : fixes.sources()) {
      for (FixedCve each : source.fixed()) {
        Said about =
            said.computeIfAbsent(
                each.cve(), _ -> new Said(new LinkedHashSet<>(), new ArrayList<>()));
        about.packages().addAll(source.packages());
        about
            .evidence()
            .add("%s %s: %s".formatted(source.source(), each.version(), each.evidence()));
      }
    }
    return said;
  }

  private Map<String, Object> statement(String cve, Said said) {
    List<String> purls = purls(said.packages());
    Map<String, Object> image = new LinkedHashMap<>();
    image.putAll(component(new Purl("generic", "", subject.name(), subject.id()).toString()));
    subject.layerSha256().ifPresent(hash -> image.put("hashes", Map.of("sha-256", hash)));
    image.put("subcomponents", purls.stream().map(VexDocument::component).toList());
    List<Map<String, Object>> products = new ArrayList<>(List.of(image));
    purls.forEach(purl -> products.add(component(purl)));
    Map<String, Object> statement = new LinkedHashMap<>();
    statement.put("vulnerability", Map.of("name", cve));
    statement.put("products", products);
    statement.put("status", "fixed");
    statement.put("status_notes", String.join("; ", said.evidence()));
    return statement;
  }

  private static Map<String, Object> component(String purl) {
    Map<String, Object> component = new LinkedHashMap<>();
    component.put("@id", purl);
    component.put("identifiers", Map.of("purl", purl));
    return component;
  }

  /** The packages at the versions that the image has. */
  private List<String> purls(Set<String> names) {
    return subject.inventory().packages().stream()
        .filter(each -> names.contains(each.name()))
        .flatMap(each -> notes.purls(subject.inventory().os(), each).stream())
        .map(VexDocument::withoutQualifiers)
        .distinct()
        .sorted()
        .toList();
  }

  private static String withoutQualifiers(Purl each) {
    return new Purl(each.type(), each.namespace(), each.name(), each.version()).toString();
  }
}
