package dev.regild.insight;

import dev.regild.plan.InstalledPackage;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An image's bill of materials. It depends on the image alone, and its time is the image's, so that
 * two copies are equal byte by byte.
 *
 * @param notes the notes of the image's package system
 */
public record BillOfMaterials(BillSubject subject, PackageNotes notes) {
  static final String TOOL = "Regild";

  /** Said of an inventory without the origins of packages. */
  static final String OLDER_INVENTORY =
      "stored before the sources of packages were read; the image's next update reads them";

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
      case CYCLONEDX -> new CycloneDxBill(this).document();
      case SPDX -> new SpdxBill(this).document();
    };
  }

  String purl(InstalledPackage each) {
    return notes.purl(subject.inventory().os(), each).toString();
  }

  String time() {
    return subject.created().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Returns an object with these names and values in this order. */
  static Map<String, Object> ordered(String... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
