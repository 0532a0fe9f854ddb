package dev.regild.cli.registry;

import dev.regild.account.SigningKeys;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.db.Database;
import java.io.IOException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on the data directory itself; a running server signs with the new key at once. */
@Command(
    name = "signing-key",
    description =
        "Manages the keys that sign the statements of images. Run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class SigningKeyCommand {
  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "list",
      description = "Lists the keys: the one that signs, and those that signed before.",
      mixinStandardHelpOptions = true)
  int list(@Mixin LocalRegistry registry, @Mixin DataOutput output) throws IOException {
    Table table = new Table("SIGNING KEY", "STATUS", "CREATED");
    try (Database database = registry.openDatabase()) {
      for (SigningKeys.Kept each : SigningKeys.list(database)) {
        table.row(
            each.publicKey().id(),
            each.current() ? "SIGNS" : "VERIFIES",
            each.created().toString());
      }
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "show",
      description = "Prints a public key in PEM, for openssl and others.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin LocalRegistry registry,
      @Parameters(
              arity = "0..1",
              paramLabel = "KEY",
              description = "The signing key's id. Default: the key that signs.")
          @Nullable String id)
      throws IOException {
    try (Database database = registry.openDatabase()) {
      SigningKeys.Kept found =
          SigningKeys.list(database).stream()
              .filter(each -> id == null ? each.current() : each.publicKey().id().equals(id))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "There is no signing key %s. List them: regild signing-key list"
                          .formatted(id == null ? "yet" : id)));
      out().print(found.publicKey().pem());
      out().flush();
    }
    return 0;
  }

  @Command(
      name = "rotate",
      description =
          "Creates a new key, which signs from now on. What the earlier keys signed can still be"
              + " verified.",
      mixinStandardHelpOptions = true)
  int rotate(@Mixin LocalRegistry registry) throws IOException {
    try (Opened opened = registry.open()) {
      out().println(opened.signingKeys().rotate().id());
    }
    return 0;
  }
}
