package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.Statement;
import dev.regild.insight.provenance.Statement.BuildType;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Bills of materials and statements, read by libraries of the projects that define their forms:
 * CycloneDX's, purl's, and sigstore's for DSSE.
 */
@ExtendWith(RunningServer.class)
class DocumentsIT {
  @Test
  void othersReadABillAndVerifyAStatement(ServerFixture server) throws Exception {
    server.golden(
        "us-east-1",
        "golden",
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(
                new InstalledPackage("libstdc++6", "amd64", "1:12.2.0-14+deb12u1", false)
                    .from(
                        new PackageOrigin("gcc-12", "12.2.0-14", "Ex \"A\" mple", "libs", "GPL-3")),
                new InstalledPackage("Ärger & Söhne/100 %", "all", "1#2?3@4~5", false)
                    .from(PackageOrigin.UNDESCRIBED))));
    Path bill = server.data.resolve("golden.cdx.json");
    assertThat(CommandLineOf.of(server).run(0, "sbom", "golden", "--output", bill.toString()))
        .isNotNull();
    Statement statement =
        new Statement(
            List.of(),
            BuildType.UPDATE,
            Map.of(),
            Map.of(),
            List.of(),
            new Statement.Builder("vm", Map.of("regild", "1")),
            new Statement.Run("run", Instant.EPOCH, Instant.EPOCH),
            List.of());
    Path envelope =
        Files.write(
            server.data.resolve("golden.json"),
            Envelope.sign(statement.json(), server.database.read(server.signingKeys::current))
                .json());
    Path key =
        Files.writeString(
            server.data.resolve("regild.pem"),
            server.signingKeys.list().getFirst().publicKey().pem());
    Path script = NodeModules.install().with(Path.of("src/test/javascript/documents.mjs"));
    assertThat(
            Program.of(
                    List.of(
                        "node",
                        script.toString(),
                        bill.toString(),
                        envelope.toString(),
                        key.toString()))
                .run())
        .isEmpty();
  }
}
