package dev.regild.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.People;
import dev.regild.account.Person;
import dev.regild.db.Database;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestClock;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class SessionsTest {
  private final TestClock clock = new TestClock();
  private Database database;
  private Accounts accounts;
  private Sessions sessions;
  private AccessKey key;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    accounts =
        new Accounts(
            database,
            MasterKey.load(directory.resolve("master.key"), Optional.empty()),
            Clock.systemUTC());
    key = accounts.createKey(accounts.create("default"), false);
    sessions = new Sessions(database, clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aSessionEndsWhenNobodyUsesIt() {
    String token = opened().token();
    clock.advance(Sessions.IDLE.minusMinutes(1));
    assertThat(sessions.find(token, Sessions.Use.PART)).isPresent();
    clock.advance(Sessions.IDLE.minusMinutes(1));
    assertThat(sessions.find(token, Sessions.Use.PART)).isPresent();
    clock.advance(Sessions.IDLE.plusSeconds(1));
    assertThat(sessions.find(token, Sessions.Use.PART)).isEmpty();
  }

  @Test
  void aSessionEndsHoweverMuchItIsUsed() {
    Sessions.Opened opened = opened();
    for (int i = 0; i < 12; i++) {
      clock.advance(Sessions.IDLE.minusSeconds(1));
      assertThat(sessions.find(opened.token(), Sessions.Use.PART)).isPresent();
    }
    clock.advance(Duration.ofMinutes(1));
    assertThat(sessions.find(opened.token(), Sessions.Use.PART)).isEmpty();
    assertThat(sessions.goesOn(opened.session().id())).isFalse();
    assertThat(sessions.list(key.account().id())).isEmpty();
  }

  @Test
  void watchingIsNotUsing() {
    Sessions.Opened opened = opened();
    for (int i = 0; i < 6; i++) {
      clock.advance(Duration.ofMinutes(9));
      assertThat(sessions.goesOn(opened.session().id())).isTrue();
      assertThat(sessions.find(opened.token(), Sessions.Use.POLL)).isPresent();
    }
    clock.advance(Duration.ofMinutes(9));
    assertThat(sessions.goesOn(opened.session().id())).isFalse();
  }

  @Test
  void aTokenIsReplacedAndTheOldOneSoonRefused() {
    String first = opened().token();
    clock.advance(Sessions.ROTATION.plusSeconds(1));
    String second = sessions.find(first, Sessions.Use.PAGE).orElseThrow().newToken().orElseThrow();
    assertThat(second).isNotEqualTo(first);
    // Requests that the browser sent at the same time carry the old one, and get no third.
    assertThat(sessions.find(first, Sessions.Use.PAGE).orElseThrow().newToken()).isEmpty();
    assertThat(sessions.find(second, Sessions.Use.PAGE).orElseThrow().newToken()).isEmpty();
    clock.advance(Duration.ofMinutes(2));
    assertThat(sessions.find(first, Sessions.Use.PAGE)).isEmpty();
    assertThat(sessions.find(second, Sessions.Use.PAGE)).isPresent();
  }

  @Test
  void aKeyHasOnlySoManySessions() {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      clock.advance(Duration.ofSeconds(1));
      tokens.add(opened().token());
    }
    assertThat(sessions.list(key.account().id())).hasSize(20);
    assertThat(sessions.find(tokens.getFirst(), Sessions.Use.PART)).isEmpty();
    assertThat(sessions.find(tokens.getLast(), Sessions.Use.PART)).isPresent();
  }

  @Test
  void aCodeIsGoodOnceAndNotForLong() {
    String code = sessions.newCode(key.id(), "eu-central-1");
    assertThat(sessions.redeem(code)).contains(new Sessions.Login(key.id(), "eu-central-1"));
    assertThat(sessions.redeem(code)).isEmpty();
    String late = sessions.newCode(key.id(), "eu-central-1");
    clock.advance(Duration.ofMinutes(31));
    assertThat(sessions.redeem(late)).isEmpty();
  }

  @Test
  void aDeletedKeyTakesItsSessionsAlong() {
    String token = opened().token();
    database.useTransaction(handle -> handle.execute("DELETE FROM access_key"));
    assertThat(sessions.find(token, Sessions.Use.PART)).isEmpty();
  }

  @Test
  void thePersonsSessionsEndButThoseOfOneKey() {
    People people = new People(database, accounts);
    Person ada = new Person("https://sso.example", "1", "ada");
    AccessKey here = people.admit(ada, key.account(), false);
    AccessKey there = people.admit(ada, accounts.create("other"), false);
    String ofKey = opened().token();
    String first = opened(here).token();
    String second = opened(there).token();
    sessions.endOf(ada, Optional.of(there.id()));
    assertThat(sessions.find(first, Sessions.Use.PART)).isEmpty();
    assertThat(sessions.find(second, Sessions.Use.PART)).isPresent();
    sessions.endOf(ada, Optional.empty());
    assertThat(sessions.find(second, Sessions.Use.PART)).isEmpty();
    assertThat(sessions.find(ofKey, Sessions.Use.PART)).isPresent();
  }

  @Test
  void aBrowsersNameIsKeptShortAndPrintable() {
    Session session =
        sessions
            .open(
                new Sessions.Login(key.id(), "us-east-1"), "::1", "x\u0000\n<b>" + "y".repeat(999))
            .session();
    assertThat(session.browser()).startsWith("x??<b>y").hasSize(200);
  }

  private Sessions.Opened opened() {
    return opened(key);
  }

  private Sessions.Opened opened(AccessKey with) {
    return sessions.open(new Sessions.Login(with.id(), "us-east-1"), "127.0.0.1", "test");
  }
}
