package dev.regild.cli.registry;

import dev.regild.account.AccessKey;
import dev.regild.account.Person;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.console.session.Sessions;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on the data directory itself; a running server sees each change within a second. */
@Command(
    name = "key",
    description = "Manages an account's access keys. Run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class KeyCommand {
  @Spec CommandSpec spec = CommandSpec.create();

  /** The registry and the account in it that every command here is about. */
  static final class OfAccount {
    @Mixin LocalRegistry registry = new LocalRegistry();

    @Option(
        names = "--account",
        paramLabel = "ID",
        required = true,
        description = "The account's id, as regild account list shows it.")
    String account = "";
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "create",
      description =
          "Creates an access key and prints it as an AWS credentials file. The secret is"
              + " shown only once.",
      mixinStandardHelpOptions = true)
  int create(
      @Mixin OfAccount of,
      @Option(names = "--read-only", description = "Create a read-only key.") boolean readOnly)
      throws IOException {
    try (Opened opened = of.registry.open()) {
      AccessKey key = opened.accounts().createKey(opened.accounts().require(of.account), readOnly);
      out().print(key.asCredentialsFile());
      out().flush();
    }
    return 0;
  }

  @Command(name = "list", description = "Lists the access keys.", mixinStandardHelpOptions = true)
  int list(@Mixin OfAccount of, @Mixin DataOutput output) throws IOException {
    Table table = new Table("ACCESS KEY", "MAY", "STATUS", "PERSON");
    try (Opened opened = of.registry.open()) {
      opened.accounts().require(of.account);
      for (AccessKey key : opened.accounts().keys(of.account)) {
        table.row(
            key.id(),
            key.readOnly() ? "look" : "change",
            key.enabled() ? "ENABLED" : "DISABLED",
            key.person().map(Person::name).orElse(""));
      }
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "disable",
      description = "Disables an access key.",
      mixinStandardHelpOptions = true)
  int disable(
      @Mixin OfAccount of,
      @Parameters(paramLabel = "KEY", description = "The access key's id.") String key)
      throws IOException {
    of.registry.change(accounts -> accounts.setEnabled(of.account, key, false));
    out().println("Disabled " + key + ".");
    return 0;
  }

  @Command(
      name = "enable",
      description = "Enables a disabled access key.",
      mixinStandardHelpOptions = true)
  int enable(
      @Mixin OfAccount of,
      @Parameters(paramLabel = "KEY", description = "The access key's id.") String key)
      throws IOException {
    of.registry.change(accounts -> accounts.setEnabled(of.account, key, true));
    out().println("Enabled " + key + ".");
    return 0;
  }

  @Command(name = "delete", description = "Deletes an access key.", mixinStandardHelpOptions = true)
  int delete(
      @Mixin OfAccount of,
      @Parameters(paramLabel = "KEY", description = "The access key's id.") String key)
      throws IOException {
    of.registry.change(accounts -> accounts.deleteKey(of.account, key));
    out().println("Deleted " + key + ".");
    return 0;
  }

  @Command(
      name = "login-link",
      description =
          "Prints a link that logs a browser in to the console once, within half an hour.",
      mixinStandardHelpOptions = true)
  int loginLink(
      @Mixin OfAccount of,
      @Parameters(paramLabel = "KEY", description = "The id of the key that the session uses.")
          String key,
      @Option(
              names = "--region",
              paramLabel = "REGION",
              defaultValue = "us-east-1",
              description = "The region that the session shows. Default: us-east-1.")
          String region,
      @Option(
              names = "--endpoint",
              paramLabel = "URL",
              defaultValue = "http://127.0.0.1:8790",
              description = "The server's address. Default: http://127.0.0.1:8790.")
          String endpoint)
      throws IOException {
    try (Opened opened = of.registry.open()) {
      AccessKey found =
          opened.accounts().keys(of.account).stream()
              .filter(each -> each.id().equals(key))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "The account %s has no access key %s.".formatted(of.account, key)));
      if (found.person().isPresent()) {
        throw new IllegalArgumentException(
            "The access key %s belongs to a person, who logs in with OpenID Connect. Name another key."
                .formatted(key));
      }
      Sessions sessions = new Sessions(opened.database(), Clock.systemUTC());
      out().println(endpoint + "/console/login?code=" + sessions.newCode(key, region));
    }
    return 0;
  }
}
