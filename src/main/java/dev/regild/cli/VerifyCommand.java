package dev.regild.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.account.PublicSigningKey;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.SignedStatement;
import dev.regild.cli.terminal.Printable;
import dev.regild.insight.provenance.Statement;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Command(
    name = "verify",
    description =
        "Checks an image: the signature of its statement, and that its layers are those"
            + " that the statement names. The server reads each layer again, which takes a"
            + " while. For an exported disk with FILE.intoto.jsonl beside it, checks the"
            + " signature, the disk and the bill of materials, without a server.",
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  private static final int LARGEST_KEY = 16 << 10;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME|FILE", description = "The image, or the file of an exported disk.")
  String name = "";

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "The public key that checks the signature, in PEM. Default: the server's own,"
              + " which proves nothing if you do not trust the server.")
  @Nullable Path keyFile;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    Optional<ExportedDisk> disk = disk();
    if (disk.isPresent()) {
      verify(disk.get());
      return 0;
    }
    ApiClient client = connection.client();
    PrintWriter out = spec.commandLine().getOut();
    SignedStatement signed = SignedStatement.of(client, name);
    PublicSigningKey key = keyFile == null ? serversKey(client, signed) : read(keyFile);
    if (!signed.envelope().isSignedBy(key)) {
      throw new IOException(
          "The statement of %s was not signed by the key %s. Do not trust it, unless that is the wrong key."
              .formatted(name, key.id()));
    }
    out.println(
        "signature  good, by the key %s (%s)"
            .formatted(key.id(), keyFile == null ? "as the server has it" : "of " + keyFile));
    JsonNode statement = statement(signed);
    out.println("statement  " + told(statement));
    List<String> layers = layers(client, statement);
    out.println(
        "layers     %d, read again by the server: each has the SHA-256 that the statement names"
            .formatted(layers.size()));
    layers.forEach(each -> out.println("           " + each));
    return 0;
  }

  private Optional<ExportedDisk> disk() {
    try {
      return Optional.of(new ExportedDisk(Path.of(name))).filter(ExportedDisk::hasStatement);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private void verify(ExportedDisk disk) throws IOException {
    Path file = keyFile;
    if (file == null) {
      throw new ParameterException(
          spec.commandLine(),
          "Name the public key with --key FILE. regild signing-key show prints it.");
    }
    disk.verify(read(file), file, spec.commandLine().getOut());
  }

  private PublicSigningKey serversKey(ApiClient client, SignedStatement signed)
      throws ServerRefusalException, IOException, InterruptedException {
    return signed
        .serversKey(client)
        .orElseThrow(() ->
            new IOException(
                "The server does not have the key %s, which the statement of %s says has signed it. Name the key with --key FILE, if you have it."
                    .formatted(String.join(", ", signed.envelope().keyIds()), name)));
  }

  private static PublicSigningKey read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return PublicSigningKey.ofPem(new String(in.readNBytes(LARGEST_KEY), US_ASCII));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s is not a public key of Regild. %s".formatted(file, e.getMessage()), e);
    }
  }

  private JsonNode statement(SignedStatement signed) throws IOException {
    try {
      JsonNode statement =
          Printable.json(JsonMapper.shared().readTree(signed.envelope().payload()));
      if (statement.path("_type").asString("").equals(Statement.TYPE)
          && statement.path("predicateType").asString("").equals(Statement.PREDICATE_TYPE)) {
        return statement;
      }
    } catch (JacksonException e) {
      // The same remedy as for another document.
    }
    throw new IOException(
        "What was signed for %s is not an in-toto statement with SLSA provenance.".formatted(name));
  }

  private static String told(JsonNode statement) {
    JsonNode predicate = statement.path("predicate");
    String type = predicate.at("/buildDefinition/buildType").asString("");
    String regild = predicate.at("/runDetails/builder/version/regild").asString("unknown");
    return "%s, finished %s, by Regild %s; %d dependencies"
        .formatted(
            type,
            predicate.at("/runDetails/metadata/finishedOn").asString("-"),
            regild,
            predicate.at("/buildDefinition/resolvedDependencies").size());
  }

  /** Returns each layer's id and hash, once all are what the statement names. */
  private List<String> layers(ApiClient client, JsonNode statement)
      throws ServerRefusalException, IOException, InterruptedException {
    Set<String> named = new HashSet<>();
    for (JsonNode each : statement.path("subject")) {
      named.add(each.at("/digest/sha256").asString(""));
    }
    List<String> told = new ArrayList<>();
    Set<String> read = new HashSet<>();
    for (JsonNode layer : verified(client)) {
      String id = layer.path("id").asString("");
      String sha256 = layer.path("sha256").asString("");
      if (!layer.path("intact").asBoolean(false)) {
        throw new IOException(
            "The layer %s of %s does not have its SHA-256 any more. Restore it from a backup."
                .formatted(id, name));
      }
      if (!named.contains(sha256)) {
        throw new IOException(
            "The statement of %s does not name its layer %s, whose SHA-256 is %s. Do not trust the image."
                .formatted(name, id, sha256));
      }
      read.add(sha256);
      told.add(id + " " + sha256);
    }
    if (told.isEmpty() || !read.equals(named)) {
      throw new IOException(
          "The statement of %s names layers that the image does not have. Do not trust the image."
              .formatted(name));
    }
    return told;
  }

  private JsonNode verified(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    String path = "/regild/v1/images/%s/layers".formatted(ApiClient.image(name));
    // Not the usual limit: the server reads every layer before it answers.
    try (InputStream content = client.open(path).body()) {
      return Printable.json(JsonMapper.shared().readTree(content)).path("layers");
    } catch (JacksonException e) {
      throw new IOException("The server's response is not JSON: " + e.getOriginalMessage(), e);
    }
  }
}
