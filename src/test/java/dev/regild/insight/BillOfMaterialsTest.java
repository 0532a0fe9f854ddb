package dev.regild.insight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.regild.channel.PackageSystems;
import dev.regild.insight.BillOfMaterials.Format;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Validates against the official schemas, which lie in jars of the projects that made them. */
class BillOfMaterialsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Inventory DEBIAN =
      new Inventory(
          new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
          "amd64",
          List.of(
              new InstalledPackage("libssl3", "amd64", "3.0.22-1~deb12u2", false)
                  .from(
                      new PackageOrigin(
                          "openssl",
                          "3.0.22-1~deb12u2",
                          "Debian OpenSSL Team <pkg-openssl@example.org>",
                          "libs",
                          "")),
              new InstalledPackage("libstdc++6", "amd64", "12.2.0-14+deb12u1", false)
                  .from(new PackageOrigin("gcc-12", "12.2.0-14+deb12u1", "", "", "")),
              new InstalledPackage("libstdc++6", "i386", "12.2.0-14+deb12u1", false)
                  .from(PackageOrigin.UNDESCRIBED)));

  private static final Inventory ROCKY =
      new Inventory(
          new OperatingSystem("ROCKY_LINUX8", "Rocky Linux 8.10", "8.10"),
          "x86_64",
          List.of(
              new InstalledPackage("perl-DBI", "x86_64", "1:1.641-4.el8", false)
                  .from(
                      new PackageOrigin(
                          "perl-DBI",
                          "1.641-4.el8",
                          "Rocky \"E\"\nSoftware",
                          "Unspecified",
                          "GPL+ or Artistic")),
              new InstalledPackage("bash", "x86_64", "4.4.20-5.el8", false)
                  .from(
                      new PackageOrigin(
                          "bash", "4.4.20-5.el8", "Rocky", "Shells", "GPL+ or Artistic"))));

  private static final Inventory WINDOWS =
      new Inventory(
          new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0.20348.2340"),
          "amd64",
          List.of(
              new InstalledPackage("netkvm.inf", "amd64", "2024-06-21 100.95.104.26200", false),
              new InstalledPackage("QEMU guest agent", "amd64", "107.0.1", false),
              new InstalledPackage("QEMU guest agent", "amd64", "107.0.1", false)));

  @ParameterizedTest
  @EnumSource(Format.class)
  void everyBillIsValidByTheOfficialSchema(Format format) throws Exception {
    Schema schema = schema(format);
    for (Inventory each : List.of(DEBIAN, ROCKY, WINDOWS)) {
      assertThat(schema.validate(bill(each, format).toString(), InputFormat.JSON))
          .as(each.os().platform())
          .isEmpty();
    }
  }

  /** The check itself has to see an error where there is one. */
  @ParameterizedTest
  @EnumSource(Format.class)
  void aBillWithAWrongMemberIsSeen(Format format) throws Exception {
    String wrong =
        bill(DEBIAN, format).toString().replace("SHA-256", "SHA-257").replace("SHA256", "SHA257");
    List<Error> errors = schema(format).validate(wrong, InputFormat.JSON);
    assertThat(errors).isNotEmpty();
  }

  @Test
  void packagesHaveTheirPurlSourceAndLicence() {
    JsonNode component = bill(DEBIAN, Format.CYCLONEDX).path("components").path(0);
    assertThat(component.path("purl").asString())
        .isEqualTo("pkg:deb/debian/libssl3@3.0.22-1~deb12u2?arch=amd64&distro=debian-12");
    assertThat(component.path("properties").path(0).path("value").asString()).isEqualTo("openssl");
    JsonNode spdx = bill(ROCKY, Format.SPDX);
    assertThat(spdx.at("/packages/1/externalRefs/0/referenceLocator").asString())
        .startsWith("pkg:rpm/rocky/perl-DBI@1.641-4.el8?arch=x86_64")
        .endsWith("&epoch=1");
    assertThat(spdx.at("/packages/2/licenseDeclared").asString()).isEqualTo("LicenseRef-1");
    assertThat(spdx.path("hasExtractedLicensingInfos")).hasSize(1);
    assertThat(spdx.at("/packages/1/sourceInfo").asString())
        .isEqualTo("built from: perl-DBI 1.641-4.el8");
  }

  /** JSON lets them stand in texts, and a bill is printed to terminals. */
  @ParameterizedTest
  @EnumSource(Format.class)
  void noTextOfAPackageIsOneThatATerminalObeys(Format format) {
    String name = "a\u001b[31m\u009b31m\u007f\u202eb";
    Inventory hostile =
        new Inventory(
            DEBIAN.os(), "amd64", List.of(new InstalledPackage(name, "amd64", "1", false)));
    String bill = new String(made(hostile).json(format), UTF_8);
    assertThat(bill)
        .doesNotContainPattern("[\\p{Cc}\\u202e]")
        .contains("\\u009b31m\\u007f\\u202eb");
    assertThat(JSON.readTree(bill).toString()).isEqualTo(bill(hostile, format).toString());
  }

  @Test
  void anInventoryThatIsOlderThanSourcesSaysSo() {
    assertThat(bill(DEBIAN, Format.CYCLONEDX).toString()).doesNotContain("stored before");
    assertThat(bill(WINDOWS, Format.CYCLONEDX).at("/metadata/properties").toString())
        .contains("stored before the sources of packages were read");
    assertThat(bill(WINDOWS, Format.SPDX).at("/packages/0/comment").asString())
        .contains("stored before the sources of packages were read");
  }

  private static JsonNode bill(Inventory inventory, Format format) {
    return JSON.valueToTree(made(inventory).as(format));
  }

  private static BillOfMaterials made(Inventory inventory) {
    BillSubject subject =
        new BillSubject(
            "golden",
            "3f2f0d5e-6d0e-4b8a-9c57-0a9d4c0f7f11",
            "arn:aws:appstream:us-east-1:000000000000:image/golden",
            Instant.parse("2026-11-30T09:00:00.123Z"),
            Optional.of("ab".repeat(32)),
            inventory);
    PackageNotes notes =
        PackageSystems.installed().find(inventory.os().platform()).orElseThrow().notes();
    return new BillOfMaterials(subject, notes);
  }

  private static Schema schema(Format format) throws IOException {
    return switch (format) {
      case CYCLONEDX -> {
        Map<String, String> all = new HashMap<>();
        for (String each :
            List.of("bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json")) {
          all.put("http://cyclonedx.org/schema/" + each, resource("/" + each));
        }
        yield SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_7, builder -> builder.schemas(all))
            .getSchema(SchemaLocation.of("http://cyclonedx.org/schema/bom-1.6.schema.json"));
      }
      case SPDX ->
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2019_09)
              .getSchema(resource("/resources/spdx-schema-v2.3.json"), InputFormat.JSON);
    };
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Schema.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("the schema " + name + " is in no jar of the tests");
      }
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
