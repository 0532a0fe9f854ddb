package dev.regild.cli;

import dev.regild.account.PublicSigningKey;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.Patience;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.OutputFile;
import dev.regild.cli.terminal.Printable;
import dev.regild.files.Sha256;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.Statement;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A disk that was exported, with its signed statement and its bill of materials beside it. */
record ExportedDisk(Path file) {
  /** A plan of thousands of changes takes less. */
  private static final int LARGEST = 64 << 20;

  /** The suffix of in-toto's bundles, which have one envelope a line. */
  Path statement() {
    return file.resolveSibling(file.getFileName() + ".intoto.jsonl");
  }

  /** The suffix that CycloneDX recommends. */
  Path bill() {
    return file.resolveSibling(file.getFileName() + ".cdx.json");
  }

  boolean hasStatement() {
    return Files.isRegularFile(statement());
  }

  /**
   * Gets both from the server.
   *
   * @param patience with the server; a file that can't be written here is not asked for again
   */
  void write(ApiClient client, String sha256, Patience patience)
      throws ServerRefusalException, IOException, InterruptedException {
    String path = "/regild/v1/exported/%s/".formatted(sha256);
    try (InputStream content = patience.ask(() -> client.open(path + "provenance")).body()) {
      OutputFile.write(statement(), content);
    }
    try (InputStream content = patience.ask(() -> client.open(path + "sbom")).body()) {
      OutputFile.write(bill(), content);
    }
  }

  /**
   * Checks the signature, and that the statement is about the disk and the bill of materials. Asks
   * nobody.
   *
   * @throws IOException if one of them is not so; the message says what to do
   */
  void verify(PublicSigningKey key, Path keyFile, PrintWriter out) throws IOException {
    Envelope envelope = envelope();
    if (!envelope.isSignedBy(key)) {
      throw new IOException(
          "%s was not signed by the key %s. Do not trust the disk, unless that is the wrong key."
              .formatted(statement(), key.id()));
    }
    out.println("signature  good, by the key %s (of %s)".formatted(key.id(), keyFile));
    JsonNode statement = parsed(envelope);
    String sha256 = Sha256.of(file);
    if (!names(statement.path("subject"), sha256)) {
      throw new IOException(
          "The statement is about another disk: %s has the SHA-256 %s. Do not trust the disk."
              .formatted(file, sha256));
    }
    out.println("disk       %s, as the statement names it".formatted(sha256));
    out.println(
        Printable.line(
            "image      "
                + statement
                    .at("/predicate/buildDefinition/externalParameters/image")
                    .asString("")));
    bill(statement, out);
  }

  private void bill(JsonNode statement, PrintWriter out) throws IOException {
    if (!Files.isRegularFile(bill())) {
      out.println("sbom       not checked: there is no " + bill());
      return;
    }
    String sha256 = Sha256.of(bill());
    if (!names(statement.at("/predicate/runDetails/byproducts"), sha256)) {
      throw new IOException(
          "The statement does not name %s, whose SHA-256 is %s. Export the image again."
              .formatted(bill(), sha256));
    }
    out.println("sbom       %s, as the statement names it".formatted(sha256));
  }

  private static boolean names(JsonNode descriptors, String sha256) {
    return descriptors
        .valueStream()
        .anyMatch(each -> each.at("/digest/sha256").asString("").equals(sha256));
  }

  private Envelope envelope() throws IOException {
    try (InputStream in = Files.newInputStream(statement())) {
      return Envelope.parse(in.readNBytes(LARGEST));
    } catch (IllegalArgumentException e) {
      throw new IOException("%s can't be read. %s".formatted(statement(), e.getMessage()), e);
    }
  }

  private JsonNode parsed(Envelope envelope) throws IOException {
    try {
      JsonNode statement = JsonMapper.shared().readTree(envelope.payload());
      if (statement.path("_type").asString("").equals(Statement.TYPE)
          && statement.path("predicateType").asString("").equals(Statement.PREDICATE_TYPE)) {
        return statement;
      }
    } catch (JacksonException e) {
      // The same remedy as for another document.
    }
    throw new IOException(
        "%s is not an in-toto statement with SLSA provenance.".formatted(statement()));
  }
}
