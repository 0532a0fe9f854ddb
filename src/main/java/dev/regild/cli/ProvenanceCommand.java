package dev.regild.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.account.PublicSigningKey;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.SignedStatement;
import dev.regild.cli.terminal.OutputFile;
import dev.regild.cli.terminal.OutputOption;
import dev.regild.cli.terminal.Printable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

@Command(
    name = "provenance",
    description =
        "Writes an image's signed statement: an in-toto statement with SLSA provenance, in a DSSE"
            + " envelope. regild verify checks it.",
    mixinStandardHelpOptions = true)
final class ProvenanceCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();
  @Mixin OutputOption output = new OutputOption();

  @Parameters(paramLabel = "NAME", description = "The image.")
  String name = "";

  @Option(
      names = "--key-output",
      paramLabel = "FILE",
      description = "Write the public key that verifies it to a file too, in PEM.")
  @Nullable Path keyOutput;

  @Option(names = "--decode", description = "Print the statement without its envelope, to read it.")
  boolean decode;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    ApiClient client = connection.client();
    SignedStatement statement = SignedStatement.of(client, name);
    Path keyFile = keyOutput;
    if (keyFile != null) {
      PublicSigningKey key =
          statement
              .serversKey(client)
              .orElseThrow(() ->
                  new IOException(
                      "The server does not have the key that signed the statement of %s. Use a copy of it, if you have one. See docs/insight.md, The signing key."
                          .formatted(name)));
      OutputFile.write(keyFile, new ByteArrayInputStream(key.pem().getBytes(US_ASCII)));
    }
    if (output.isFile() || !decode) {
      output.write(new ByteArrayInputStream(statement.json()));
    }
    if (decode) {
      spec.commandLine().getOut().println(decoded(statement));
    }
    return 0;
  }

  private String decoded(SignedStatement statement) throws IOException {
    try {
      return Printable.json(JsonMapper.shared().readTree(statement.envelope().payload()))
          .toPrettyString();
    } catch (JacksonException e) {
      throw new IOException("The statement of %s is not JSON.".formatted(name), e);
    }
  }
}
