package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.cli.Regild;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands for accounts, keys and quotas, and what a server that runs meanwhile makes of them.
 */
@ExtendWith(RunningServer.class)
@EachDatabase
class AccountsAndKeysTest {
  private static final Pattern CREDENTIALS =
      Pattern.compile(
          "\\[default]\naws_access_key_id = (AKIA\\w{16})\naws_secret_access_key = (\\w{40})\n");

  @TempDir Path empty;

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
  }

  /** What a command printed, and how it ended. */
  private record Ran(int status, String out, String err) {}

  @Test
  void aNewAccountsKeyIsAcceptedAtOnce() throws Exception {
    AccessKey key = newKey(newAccount("desktops"));
    assertThat(server.ask(key, "DescribeImages", "{}").status()).isEqualTo(200);
    assertThat(done("account", "list").out()).contains("desktops", "ACTIVE");
    assertThat(done("key", "list", "--account", key.account().id()).out())
        .contains(key.id(), "ENABLED")
        .doesNotContain(key.secret());
  }

  @Test
  void aReadOnlyKeyMayLookAndChangeNothing() throws Exception {
    AccessKey key = newKey(newAccount("lookers"), "--read-only");
    assertThat(server.ask(key, "DescribeImages", "{}").status()).isEqualTo(200);
    assertThat(outcome(key, "DeleteImage", "{\"Name\":\"a\"}")).isEqualTo("AccessDeniedException");
  }

  @Test
  void aSuspendedAccountIsRefusedAndAResumedOneIsNot() throws Exception {
    AccessKey key = newKey(newAccount("idle"));
    assertThat(outcome(key, "DescribeImages", "{}")).isEmpty();
    done("account", "suspend", key.account().id());
    assertThat(outcomeInTheEnd(key, "AccessDeniedException")).isEqualTo("AccessDeniedException");
    done("account", "resume", key.account().id());
    assertThat(outcomeInTheEnd(key, "")).isEmpty();
  }

  @Test
  void aDisabledOrDeletedKeyIsUnknown() throws Exception {
    AccessKey key = newKey(newAccount("leaving"));
    assertThat(outcome(key, "DescribeImages", "{}")).isEmpty();
    done("key", "disable", key.id(), "--account", key.account().id());
    assertThat(outcomeInTheEnd(key, "UnrecognizedClientException"))
        .isEqualTo("UnrecognizedClientException");
    done("key", "enable", key.id(), "--account", key.account().id());
    assertThat(outcomeInTheEnd(key, "")).isEmpty();
    done("key", "delete", key.id(), "--account", key.account().id());
    assertThat(outcomeInTheEnd(key, "UnrecognizedClientException"))
        .isEqualTo("UnrecognizedClientException");
  }

  @Test
  void aKeyIsChangedForItsOwnAccountOnly() {
    Ran ran = run("key", "delete", server.key.id(), "--account", newAccount("curious"));
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("has no access key " + server.key.id());
    assertThat(server.accounts.findKey(server.key.id())).isPresent();
  }

  @Test
  void aQuotaOfAnAccountHoldsAtTheNextCallAndCanBeTakenBack() throws Exception {
    String name = "tagged";
    String arn = server.golden("us-east-1", name).arn();
    String tags = "{\"ResourceArn\":\"%s\",\"Tags\":{\"%s\":\"1\"}}";
    assertThat(done("account", "quota", server.account.id(), "tags=1").out())
        .containsPattern("tags +1\n");
    assertThat(outcome(server.key, "TagResource", tags.formatted(arn, "a"))).isEmpty();
    assertThat(outcome(server.key, "TagResource", tags.formatted(arn, "b")))
        .isEqualTo("LimitExceededException");
    assertThat(done("account", "quota", server.account.id(), "tags=default").out())
        .containsPattern("tags +default\n");
    assertThat(outcome(server.key, "TagResource", tags.formatted(arn, "b"))).isEmpty();
  }

  @Test
  void whatIsWrongIsNamed() {
    assertThat(run("account", "quota", server.account.id(), "tags=51").err())
        .contains("between 0 and 50");
    assertThat(run("account", "quota", server.account.id(), "fleets=1").err())
        .contains("Unknown quota fleets");
    assertThat(run("account", "quota", server.account.id(), "images=-1").err())
        .contains("images=10");
    assertThat(run("account", "suspend", "000000000001").err()).contains("000000000001");
    assertThat(run("key", "create", "--account", "000000000001").status()).isEqualTo(1);
    assertThat(run("account", "create", " ").err()).contains("must have a name");
  }

  @Test
  void aCommandMakesNothingWhereNoServerWas() throws Exception {
    assumeFalse(TestDatabases.isPostgres(), "there is no file of a database");
    assertThat(in(empty, "account", "create", "a").err())
        .contains("contains no registry", empty.toString());
    Files.copy(server.data.resolve("regild.db"), empty.resolve("regild.db"));
    Ran ran = in(empty, "account", "create", "a");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains("No master key " + empty.resolve("master.key"));
    try (var files = Files.list(empty)) {
      assertThat(files).containsExactly(empty.resolve("regild.db"));
    }
  }

  private static String newAccount(String name) {
    return done("account", "create", name).out().strip();
  }

  private static AccessKey newKey(String account, String... options) {
    String[] command = {"key", "create", "--account", account};
    String[] all = new String[command.length + options.length];
    System.arraycopy(command, 0, all, 0, command.length);
    System.arraycopy(options, 0, all, command.length, options.length);
    Matcher printed = CREDENTIALS.matcher(done(all).out());
    assertThat(printed.matches()).isTrue();
    return new AccessKey(
        printed.group(1),
        printed.group(2),
        new Account(account, "any", Account.Status.ACTIVE, Instant.EPOCH),
        options.length > 0,
        true);
  }

  private static String outcome(AccessKey key, String operation, String body) throws Exception {
    return server.ask(key, operation, body).header("x-amzn-errortype");
  }

  /** The server remembers a key for a second: what it says once it has looked again. */
  private static String outcomeInTheEnd(AccessKey key, String wanted) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    String outcome = outcome(key, "DescribeImages", "{}");
    while (!outcome.equals(wanted) && System.nanoTime() < end) {
      Thread.sleep(50);
      outcome = outcome(key, "DescribeImages", "{}");
    }
    return outcome;
  }

  private static Ran done(String... command) {
    Ran ran = run(command);
    assertThat(ran.status()).as(ran.err()).isZero();
    return ran;
  }

  private static Ran run(String... command) {
    return in(server.data, command);
  }

  private static Ran in(Path data, String... command) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] all =
        Stream.of(List.of(command), List.of("--data", data.toString()), databaseOption(data))
            .flatMap(List::stream)
            .toArray(String[]::new);
    int status = Regild.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    return new Ran(status, out.toString(), err.toString());
  }

  private static List<String> databaseOption(Path data) {
    return TestDatabases.url(data.resolve("regild.db"))
        .map(url -> List.of("--database", url))
        .orElse(List.of());
  }
}
