package dev.regild.policy.notice;

import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestClock;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.Registry;
import dev.regild.job.node.Turns;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Deliveries with a clock that tests set. */
@EachDatabase
class CourierTest {
  private static final MailServer MAIL =
      new MailServer(
          "localhost",
          25,
          MailServer.Encryption.NONE,
          "regild@example.com",
          Optional.empty(),
          Optional.empty(),
          List.of("example.com"));

  @TempDir Path directory;
  @AutoClose private Registry registry;
  private final List<String> delivered = Collections.synchronizedList(new ArrayList<>());
  private final List<String> tried = Collections.synchronizedList(new ArrayList<>());
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final TestClock clock = new TestClock();
  private volatile Runnable whenTried = () -> {};
  private Notices notices;
  private Courier courier;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    notices = notices(Optional.empty());
    Sender sender =
        new Sender() {
          @Override
          public void send(URI to, byte[] secret, RecordedEvent event, Instant time)
              throws FailedDeliveryException {
            String text = event.event().subject() + " " + event.event().payload().get("n");
            tried.add(text);
            whenTried.run();
            if (refused.contains(event.event().subject())) {
              throw new FailedDeliveryException("It answers with the status 503.");
            }
            delivered.add(to.getPath() + " " + text);
          }
        };
    courier = new Courier(registry.database, notices, sender, Optional.empty(), Turns.ALONE, clock);
  }

  private static Notices notices(Optional<MailServer> mail) {
    return new Notices(PolicyNode.ADDRESSES, PolicyNode.SECRETS, mail);
  }

  @Test
  void theEventsOfAnImageComeInOrderWhateverHappensToOthers() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    refused.add("broken");
    for (int n = 1; n <= 3; n++) {
      happens(ALICE, "broken", n);
      happens(ALICE, "sound", n);
    }
    happens(BOB, "foreign", 1);
    for (int i = 0; i < 4; i++) {
      look();
    }
    assertThat(delivered).containsExactly("/all sound 1", "/all sound 2", "/all sound 3");
    assertThat(tried).filteredOn(each -> each.startsWith("broken")).containsExactly("broken 1");
    assertThat(notice("all").problem()).isEqualTo("It answers with the status 503.");
    assertThat(notice("all").waiting()).isEqualTo(3);
    clock.advance(Duration.ofSeconds(5));
    look();
    assertThat(tried).filteredOn(each -> each.startsWith("broken")).hasSize(2);
    refused.clear();
    clock.advance(Duration.ofSeconds(10));
    for (int i = 0; i < 3; i++) {
      look();
    }
    assertThat(delivered).endsWith("/all broken 1", "/all broken 2", "/all broken 3");
    assertThat(notice("all").problem()).isEmpty();
    assertThat(notice("all").delivered()).isEqualTo(6);
  }

  @Test
  void aPlaceThatAcceptsEventsGetsAllThatWaitAtOnce() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    refused.add("broken");
    happens(ALICE, "broken", 1);
    for (int n = 1; n <= 30; n++) {
      happens(ALICE, "a", n);
      happens(ALICE, "b", n);
    }
    look();
    assertThat(delivered).hasSize(60);
    assertThat(delivered.stream().filter(each -> each.startsWith("/all a")))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 30).mapToObj("/all a %d"::formatted).toList());
    assertThat(tried).containsOnlyOnce("broken 1");
  }

  @Test
  void whatIsNotAcceptedForADayIsGivenUp() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    refused.add("broken");
    happens(ALICE, "broken", 1);
    happens(ALICE, "broken", 2);
    int attempts = 0;
    while (notice("all").givenUp() < 2 && attempts++ < 300) {
      look();
      clock.advance(Duration.ofMinutes(20));
    }
    assertThat(notice("all").givenUp()).isEqualTo(2);
    assertThat(notice("all").waiting()).isZero();
    assertThat(tried)
        .filteredOn("broken 1"::equals)
        .as("less and less often")
        .hasSizeBetween(20, 40);
    assertThat(clock.instant()).isBetween("2026-03-02T00:00:00Z", "2026-03-02T03:00:00Z");
  }

  @Test
  void aSuspendedAccountIsToldWhenItIsResumed() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    registry.write(handle ->
        handle.execute(
            "INSERT INTO account (id, name, status, created) VALUES (?, 'alice', 'SUSPENDED', 0)",
            ALICE.accountId()));
    happens(ALICE, "golden", 1);
    look();
    look();
    assertThat(tried).isEmpty();
    registry.write(handle -> handle.execute("UPDATE account SET status = 'ACTIVE'"));
    look();
    look();
    assertThat(delivered).containsExactly("/all golden 1");
  }

  @Test
  void aNoticeHearsOfWhatItWantsFromNowOn() throws Exception {
    happens(ALICE, "golden", 1);
    add(ALICE, "aliases", "'to': 'http://localhost/aliases', 'events': ['alias.moved']");
    add(BOB, "all", "'to': 'http://localhost/bob'");
    happens(ALICE, "golden", 2);
    registry.write(handle -> {
      Events.append(
          handle,
          new Event(
              EventType.ALIAS_MOVED, ALICE.accountId(), ALICE.region(), "golden", Map.of("n", 3)),
          clock.instant());
      Events.append(
          handle,
          new Event(EventType.SNAPSHOT_ARRIVED, "", "", "debian", Map.of("n", 4)),
          clock.instant());
      return true;
    });
    look();
    look();
    assertThat(delivered).containsExactlyInAnyOrder("/aliases golden 3", "/bob debian 4");
  }

  @Test
  void whatCanNotBeIsRefusedWhenItIsGiven() {
    assertRefused("'to': 'ftp://x/'", "Notice n: to is 'ftp://x/'. Write https://HOST/PATH");
    assertRefused("'to': 'https://u:p@x/'", "without user, password and fragment");
    assertRefused("'to': 'mailto:a@b\\r\\nBcc: c@d'", "Notice n: to is 'mailto:a@b");
    assertRefused("'to': 'https://x/', 'events': ['x']", "events has 'x'. Known are image.update-");
    Map<String, Object> privately = canonical("'to': 'http://10.0.0.5/hook'");
    assertThatThrownBy(() -> notices.requirePossible("n", privately))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessage(
            "Notice n: to is http://10.0.0.5/hook. The host 10.0.0.5 has the private address"
                + " 10.0.0.5. The operator can allow it with the key notices.allow.");
    Map<String, Object> mail = canonical("'to': 'mailto:ops@example.com'");
    assertThatThrownBy(() -> notices.requirePossible("n", mail))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessage(
            "Notice n: this server sends no e-mail. The operator can set mail.server; a webhook is"
                + " https://HOST/PATH.");
    assertThat(canonical("'to': 'ops@example.com'")).isEqualTo(mail);
    Notices mailing = notices(Optional.of(MAIL));
    mailing.requirePossible("n", mail);
    assertThatThrownBy(
            () -> mailing.requirePossible("n", canonical("'to': 'someone@elsewhere.example'")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("The operator can allow its domain with the key mail.domains.");
    assertRefused("'to': 'mailto:a@b%0ABcc:c@d'", "or an e-mail address");
    assertRefused("'to': 'mailto:a@b?bcc=c@d'", "or an e-mail address");
    for (String undeliverable : List.of(".ops", "ops.", "ops..de", "o".repeat(65))) {
      assertRefused("'to': '%s@example.com'".formatted(undeliverable), "or an e-mail address");
    }
    Map<String, Object> nowhere = canonical("'to': 'https://nowhere.invalid/'");
    assertThatThrownBy(() -> notices.requirePossible("n", nowhere))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("The host nowhere.invalid does not exist.");
    Map<String, Object> nobody = canonical("'to': 'http://127.0.0.1:1/hook'");
    assertThatThrownBy(() -> notices.requirePossible("n", nobody))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("Notice n: to is http://127.0.0.1:1/hook. It can't be reached");
  }

  @Test
  void eventsThatAreForgottenAreNotWaitedFor() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    for (int n = 1; n <= 5; n++) {
      happens(ALICE, "old" + n, n);
    }
    Notice taken = notice("all");
    registry.write(handle -> {
      Deliveries.takeUp(handle, taken, 100);
      Events.forget(handle, clock.instant().plusSeconds(1));
      return true;
    });
    happens(ALICE, "new", 6);
    look();
    assertThat(delivered).as("the places of a round are taken by what is not there").isEmpty();
    registry.write(handle -> {
      Deliveries.forget(handle);
      return true;
    });
    look();
    assertThat(delivered).containsExactly("/all new 6");
    assertThat(notice("all").givenUp()).isEqualTo(5);
    assertThat(notice("all").waiting()).isZero();
  }

  @Test
  void updatesAreLookedForEveryTenSeconds() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    look();
    Image image = registry.available(ALICE, "golden");
    registry.write(handle ->
        handle.execute(
            """
            INSERT INTO verdict (
              inventory_digest, platform, basis, judged_at, state, reason, outdated_since, changes,
              security_changes, fixable_cves, fixable_kernel_cves, fixable_unknown, changelogs_at)
            VALUES (?, 'DEBIAN_12', '', 1, 'OUTDATED', '', 7, 1, 0, 0, 0, 0, 1)
            """,
            image.disk().orElseThrow().inventory()));
    clock.advance(Duration.ofSeconds(9));
    look();
    assertThat(tried).isEmpty();
    clock.advance(Duration.ofSeconds(1));
    look();
    look();
    assertThat(delivered).containsExactly("/all golden null");
  }

  /** Such an error would be written past the log, by the virtual machine. */
  @Test
  void whatCanNotBeWrittenDoesNotEndAThread() throws Exception {
    add(ALICE, "all", "'to': 'http://localhost/all'");
    happens(ALICE, "golden", 1);
    whenTried =
        () -> {
          var _ = registry.write(handle -> handle.execute("DROP TABLE notice_delivery"));
        };
    List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((_, e) -> uncaught.add(e));
    try {
      courier.look();
      courier.awaitIdle();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(tried).containsExactly("golden 1");
    assertThat(uncaught).isEmpty();
  }

  @Test
  void anAccountWithAsManyNoticesAsItMayHaveCanChangeThem() {
    for (int i = 0; i < 100; i++) {
      add(ALICE, "n" + i, "'to': 'http://localhost/%d'".formatted(i));
    }
    assertThatThrownBy(() -> add(ALICE, "more", "'to': 'http://localhost/more'"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("has 100 notices already");
    registry.write(handle -> {
      notices.put(
          handle, ALICE, "n0", canonical("'to': 'http://localhost/other'"), clock.instant());
      return true;
    });
    assertThat(notice("n0").spec().to()).hasPath("/other");
  }

  @Test
  void aFileWithMoreNoticesThanThereMayBeAsksNoHost() {
    Map<String, Map<String, Object>> wanted = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      wanted.put("n" + i, canonical("'to': 'http://localhost/%d'".formatted(i)));
    }
    notices.requireCompatible(wanted);
    wanted.put("more", canonical("'to': 'http://localhost/more'"));
    assertThatThrownBy(() -> notices.requireCompatible(wanted))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The files have 101 notices, but an account can have at most 100");
  }

  private void assertRefused(String spec, String message) {
    assertThatThrownBy(() -> canonical(spec))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(message);
  }

  private Map<String, Object> canonical(String spec) {
    return notices.canonical(
        "n", JsonMapper.shared().readTree("{" + spec.replace('\'', '"') + "}"));
  }

  private void add(Owner owner, String name, String spec) {
    registry.write(handle -> {
      notices.add(handle, owner, name, canonical(spec), clock.instant());
      return true;
    });
  }

  private void happens(Owner owner, String subject, int n) {
    registry.write(handle -> {
      Events.append(
          handle,
          new Event(
              EventType.UPDATE_ACCEPTED,
              owner.accountId(),
              owner.region(),
              subject,
              Map.of("n", n)),
          clock.instant());
      return true;
    });
  }

  private Notice notice(String name) {
    return registry.read(handle -> Notices.require(handle, ALICE, name));
  }

  /** Looks once, and waits until what has begun has ended. */
  private void look() throws InterruptedException {
    courier.look();
    courier.awaitIdle();
  }
}
