package dev.regild.account;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.Account.Status;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class AccountsTest {
  private static final Clock NOW =
      Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC);

  @TempDir Path directory;
  @AutoClose private SecretRegistry registry;
  private Accounts accounts;

  @BeforeEach
  void open() throws IOException {
    registry = SecretRegistry.in(directory);
    accounts = new Accounts(registry.database(), registry.masterKey(), NOW);
  }

  @Test
  void aKeyIsFoundWithItsSecretAndItsAccount() {
    Account account = accounts.create("desktops");
    AccessKey key = accounts.createKey(account, true);
    assertThat(accounts.findKey(key.id())).contains(key);
    assertThat(accounts.find(account.id())).contains(account);
    assertThat(key.readOnly()).isTrue();
    assertThat(account.id()).matches("\\d{12}");
    assertThat(key.id()).matches("AKIA[A-Z0-9]{16}");
    assertThat(key.secret()).hasSize(40);
  }

  @Test
  void theFirstUseOfAKeyIsToldOnceWhicheverNodeSeesIt() throws IOException {
    Account account = accounts.create("desktops");
    AccessKey key = accounts.createKey(account, true);
    Accounts anotherNode = new Accounts(registry.database(), registry.masterKey(), NOW);
    assertThat(uses(account)).isEmpty();
    for (Accounts node : List.of(accounts, anotherNode, accounts)) {
      node.used(key.id(), account.id(), "eu-central-1", "192.0.2.7");
    }
    assertThat(uses(account))
        .singleElement()
        .satisfies(each -> {
          assertThat(each.event().subject()).isEqualTo(key.id());
          assertThat(each.event().payload())
              .isEqualTo(Map.of("key", key.id(), "region", "eu-central-1", "address", "192.0.2.7"));
        });
    AccessKey second = accounts.createKey(account, false);
    accounts.used(second.id(), account.id(), "us-east-1", "192.0.2.7");
    assertThat(uses(account)).hasSize(2);
  }

  /** In whatever region somebody looks. */
  private List<RecordedEvent> uses(Account account) {
    return registry
        .database()
        .read(handle -> Events.after(handle, account.id(), "us-west-2", 0, 100))
        .stream()
        .filter(each -> each.event().type() == EventType.KEY_FIRST_USED)
        .toList();
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThat(accounts.findKey("AKIAAAAAAAAAAAAAAAAA")).isEmpty();
    assertThat(accounts.find("123456789012")).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> accounts.suspend("123456789012"))
        .withMessageContaining("123456789012");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> accounts.setEnabled("123456789012", "AKIAAAAAAAAAAAAAAAAA", false))
        .withMessageContaining("AKIAAAAAAAAAAAAAAAAA");
  }

  @Test
  void suspensionAndDisablingActAtOnceInTheSameProcess() {
    AccessKey key = accounts.createKey(accounts.create("desktops"), false);
    accounts.suspend(key.account().id());
    assertThat(found(accounts, key).account().status()).isEqualTo(Status.SUSPENDED);
    accounts.resume(key.account().id());
    assertThat(found(accounts, key).account().status()).isEqualTo(Status.ACTIVE);
    accounts.setEnabled(key.account().id(), key.id(), false);
    assertThat(found(accounts, key).enabled()).isFalse();
  }

  @Test
  void aChangeByAnotherProcessActsWithinASecond() throws IOException {
    AccessKey key = accounts.createKey(accounts.create("desktops"), false);
    AtomicLong nanos = new AtomicLong();
    var caching = new Accounts(registry.database(), registry.masterKey(), NOW, nanos::get);
    found(caching, key);
    accounts.suspend(key.account().id());
    assertThat(found(caching, key).account().status()).isEqualTo(Status.ACTIVE);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(found(caching, key).account().status()).isEqualTo(Status.SUSPENDED);
  }

  /** By an operator, or in the database after it was restored elsewhere. */
  @Test
  void aClockThatIsSetBackKeepsNoDisabledKeyValid() throws Exception {
    AccessKey key = accounts.createKey(accounts.create("desktops"), false);
    var clock = new TestClock(NOW.instant());
    var caching = new Accounts(registry.database(), registry.masterKey(), clock);
    found(caching, key);
    clock.advance(Duration.ofHours(-1));
    accounts.setEnabled(key.account().id(), key.id(), false);
    Thread.sleep(600);
    assertThat(found(caching, key).enabled()).isFalse();
  }

  @Test
  void aSecretIsNowhereInPlain() throws IOException {
    AccessKey key = accounts.createKey(accounts.create("desktops"), false);
    assertThat(key.toString()).doesNotContain(key.secret()).contains(key.id());
    assertThat(Optional.of(key).toString()).doesNotContain(key.secret());
    String base64 = Base64.getEncoder().encodeToString(key.secret().getBytes(US_ASCII));
    registry.assertNotInPlain(key.secret(), base64);
  }

  @Test
  void aWrongMasterKeyIsSaidAtTheStart() throws IOException {
    accounts.createKey(accounts.create("desktops"), false);
    String other = Base64.getEncoder().encodeToString(new byte[32]);
    MasterKey wrong = registry.masterKey(Optional.of(other));
    assertThatThrownBy(() -> new Accounts(registry.database(), wrong, NOW))
        .isInstanceOf(WrongMasterKeyException.class)
        .hasMessageContaining("REGILD_MASTER_KEY")
        .hasMessageContaining("Restore the master key");
  }

  @Test
  void aSecretThatWasMovedToAnotherKeyDoesNotOpen() {
    Account account = accounts.create("desktops");
    AccessKey one = accounts.createKey(account, false);
    AccessKey other = accounts.createKey(account, false);
    registry
        .database()
        .useTransaction(handle ->
            handle.execute(
                """
                UPDATE access_key SET sealed_secret =
                  (SELECT sealed_secret FROM access_key WHERE id = ?) WHERE id = ?
                """,
                one.id(),
                other.id()));
    assertThatThrownBy(() -> accounts.findKey(other.id()))
        .isInstanceOf(WrongMasterKeyException.class);
  }

  @Test
  void aMasterKeyThatIsNoneIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MasterKey.load(directory.resolve("x"), Optional.of("c2hvcnQ=")))
        .withMessageContaining("32 bytes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MasterKey.load(directory.resolve("x"), Optional.of("!")))
        .withMessageContaining("REGILD_MASTER_KEY");
  }

  @Test
  void theFirstStartWritesCredentialsThatWorkAndOnlyOnce() throws IOException {
    var firstStart = new FirstStart(directory, accounts);
    Path file = firstStart.run().orElseThrow();
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(directory.resolve("master.key")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    var lines = Files.readAllLines(file);
    assertThat(lines).hasSize(3).first().isEqualTo("[default]");
    String id = lines.get(1).replace("aws_access_key_id = ", "");
    String secret = lines.get(2).replace("aws_secret_access_key = ", "");
    assertThat(accounts.findKey(id))
        .hasValueSatisfying(k -> assertThat(k.secret()).isEqualTo(secret));
    assertThat(firstStart.run()).isEmpty();
    assertThat(accounts.list()).hasSize(1);
  }

  private static AccessKey found(Accounts accounts, AccessKey key) {
    return accounts.findKey(key.id()).orElseThrow();
  }
}
