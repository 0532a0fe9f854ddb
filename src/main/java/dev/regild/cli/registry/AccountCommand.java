package dev.regild.cli.registry;

import dev.regild.account.Account;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on the data directory itself; a running server sees each change within a second. */
@Command(
    name = "account",
    description = "Manages the accounts that own images. Run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AccountCommand {
  private static final String DEFAULT = "default";

  @Spec CommandSpec spec = CommandSpec.create();

  /** The registry and the account in it that a command is about. */
  static final class Named {
    @Mixin LocalRegistry registry = new LocalRegistry();

    @Parameters(index = "0", paramLabel = "ID", description = "The account's id.")
    String id = "";
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "create",
      description = "Creates an account and prints its id.",
      mixinStandardHelpOptions = true)
  int create(
      @Mixin LocalRegistry registry,
      @Parameters(paramLabel = "NAME", description = "The account's name.") String name)
      throws IOException {
    try (Opened opened = registry.open()) {
      out().println(opened.accounts().create(name).id());
    }
    return 0;
  }

  @Command(name = "list", description = "Lists the accounts.", mixinStandardHelpOptions = true)
  int list(@Mixin LocalRegistry registry, @Mixin DataOutput output) throws IOException {
    Table table = new Table("ACCOUNT", "STATUS", "CREATED", "NAME");
    try (Opened opened = registry.open()) {
      for (Account account : opened.accounts().list()) {
        table.row(
            account.id(), account.status().name(), account.created().toString(), account.name());
      }
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "suspend",
      description = "Suspends an account: every call is refused until it is resumed.",
      mixinStandardHelpOptions = true)
  int suspend(@Mixin Named account) throws IOException {
    account.registry.change(accounts -> accounts.suspend(account.id));
    out().println("Suspended " + account.id + ".");
    return 0;
  }

  @Command(
      name = "resume",
      description = "Resumes a suspended account.",
      mixinStandardHelpOptions = true)
  int resume(@Mixin Named account) throws IOException {
    account.registry.change(accounts -> accounts.resume(account.id));
    out().println("Resumed " + account.id + ".");
    return 0;
  }

  @Command(
      name = "quota",
      description = "Shows an account's quotas, or sets them in place of the server's defaults.",
      mixinStandardHelpOptions = true)
  int quota(
      @Mixin Named account,
      @Mixin DataOutput output,
      @Parameters(
              arity = "0..*",
              index = "1..*",
              paramLabel = "NAME=VALUE",
              description =
                  "The quotas to set: images, image-builders, copies, shares, downloads,"
                      + " event-streams, disks, disk-gib or tags, each with a number, or with"
                      + " default for the server's limit.")
          @Nullable List<String> limits)
      throws IOException {
    Map<Quota, Optional<Integer>> wanted = new HashMap<>();
    for (String limit : limits == null ? List.<String>of() : limits) {
      put(wanted, limit);
    }
    Table table = new Table("QUOTA", "LIMIT");
    try (Opened opened = account.registry.open()) {
      opened.accounts().require(account.id);
      Map<Quota, Integer> own =
          opened
              .database()
              .inTransaction(handle -> {
                wanted.forEach((quota, limit) ->
                    limit.ifPresentOrElse(
                        value -> AccountQuotas.put(handle, account.id, quota, value),
                        () -> AccountQuotas.remove(handle, account.id, quota)));
                return AccountQuotas.list(handle, account.id);
              });
      for (Quota quota : Quota.values()) {
        table.row(
            quota.key(), Optional.ofNullable(own.get(quota)).map(String::valueOf).orElse(DEFAULT));
      }
    }
    output.print(out(), table);
    return 0;
  }

  private static void put(Map<Quota, Optional<Integer>> wanted, String limit) {
    String[] parts = limit.split("=", 2);
    Quota quota =
        Quota.ofKey(parts[0])
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "Unknown quota %s. The quotas are: %s."
                        .formatted(
                            parts[0],
                            Arrays.stream(Quota.values())
                                .map(Quota::key)
                                .collect(Collectors.joining(", ")))));
    String value = parts.length == 2 ? parts[1] : "";
    if (value.equals(DEFAULT)) {
      wanted.put(quota, Optional.empty());
    } else if (value.matches("\\d{1,9}")) {
      wanted.put(quota, Optional.of(quota.requireFit(Integer.parseInt(value))));
    } else {
      throw new IllegalArgumentException(
          "A quota must be NAME=VALUE, such as %s=10 or %s=default, not: %s"
              .formatted(quota.key(), quota.key(), limit));
    }
  }
}
