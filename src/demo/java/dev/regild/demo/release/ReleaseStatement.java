package dev.regild.demo.release;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.PublicSigningKey;
import dev.regild.account.SigningKey;
import dev.regild.files.Sha256;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.ResourceDescriptor;
import dev.regild.insight.provenance.Statement;
import dev.regild.insight.provenance.Statement.BuildType;
import dev.regild.insight.provenance.Statement.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Signs how a package of Regild came to be, in the form of the statements about images: {@code
 * regild verify --key KEY FILE} checks both.
 */
final class ReleaseStatement {
  private ReleaseStatement() {}

  /**
   * Writes the statement of a file beside it, with the file's bill of materials, which is there
   * already.
   *
   * @param args the file; the files of the private and the public key, in PEM; the commit of the
   *     sources, which may be empty; their time, in seconds since 1970
   */
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[0]);
    PublicSigningKey publicKey = PublicSigningKey.ofPem(Files.readString(Path.of(args[2])));
    SigningKey key = SigningKey.of(publicKey, base64(Files.readString(Path.of(args[1]))));
    Statement statement = statement(file, args[3], Instant.ofEpochSecond(Long.parseLong(args[4])));
    Path beside = file.resolveSibling(file.getFileName() + ".intoto.jsonl");
    Files.writeString(
        beside, new String(Envelope.sign(statement.json(), key).json(), UTF_8) + "\n");
  }

  private static String base64(String pem) {
    return pem.replaceAll("-----[^-]*-----", "").replaceAll("\\s", "");
  }

  /** Two builds of the same sources give the same: its times are those of the sources. */
  private static Statement statement(Path file, String commit, Instant time) throws IOException {
    byte[] bill = Files.readAllBytes(file.resolveSibling(file.getFileName() + ".cdx.json"));
    JsonNode components = JsonMapper.shared().readTree(bill);
    String name = file.getFileName().toString();
    return new Statement(
        List.of(ResourceDescriptor.of(name, Sha256.of(file))),
        BuildType.RELEASE,
        Map.of("image", name, "commit", commit),
        Map.of(),
        dependencies(components),
        new Statement.Builder("host", Map.of("regild", version(components))),
        new Run(commit.isEmpty() ? name : commit, time, time),
        List.of(
            ResourceDescriptor.of(name + ".cdx.json", Sha256.of(bill))
                .withMediaType("application/vnd.cyclonedx+json")));
  }

  private static String version(JsonNode bill) {
    return bill.at("/metadata/component/version").asString("unknown");
  }

  private static List<ResourceDescriptor> dependencies(JsonNode bill) {
    List<ResourceDescriptor> dependencies = new ArrayList<>();
    for (JsonNode each : bill.path("components")) {
      for (JsonNode hash : each.path("hashes")) {
        if (hash.path("alg").asString("").equals("SHA-256")) {
          dependencies.add(
              ResourceDescriptor.of(
                      each.path("name").asString(""), hash.path("content").asString(""))
                  .at(each.path("purl").asString("")));
        }
      }
    }
    return dependencies;
  }
}
