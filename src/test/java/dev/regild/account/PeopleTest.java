package dev.regild.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class PeopleTest {
  private static final Person ADA = new Person("https://sso.example", "subject-1", "ada");

  private Path directory;
  private Database database;
  private Accounts accounts;
  private People people;
  private Account account;

  @BeforeEach
  void open(@TempDir Path made) throws Exception {
    directory = made;
    database = TestDatabases.open(directory.resolve("regild.db"));
    accounts = accounts(database);
    people = new People(database, accounts);
    account = accounts.create("default");
  }

  private Accounts accounts(Database of) throws Exception {
    return new Accounts(
        of, MasterKey.load(directory.resolve("master.key"), Optional.empty()), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aPersonKeepsTheKeyAndHasTheRightsOfTheLastLogin() {
    AccessKey first = people.admit(ADA, account, false);
    assertThat(first.person()).contains(ADA);
    assertThat(first.readOnly()).isFalse();
    Person renamed = new Person(ADA.issuer(), ADA.subject(), "Ada L.");
    AccessKey second = people.admit(renamed, account, true);
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.readOnly()).isTrue();
    assertThat(accounts.keys(account.id())).containsExactly(second);
    assertThat(second.person()).contains(renamed);
  }

  @Test
  void twoFirstLoginsAtOnceOnTwoNodesMakeOneKey() throws Exception {
    try (Database second = TestDatabases.open(directory.resolve("regild.db"));
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      People elsewhere = new People(second, accounts(second));
      for (int i = 0; i < 20; i++) {
        Person person = new Person(ADA.issuer(), "subject-of-both-" + i, "ada");
        CyclicBarrier together = new CyclicBarrier(2);
        List<Future<String>> ids = new ArrayList<>();
        for (People node : List.of(people, elsewhere)) {
          ids.add(
              threads.submit(() -> {
                var _ = together.await();
                return node.admit(person, account, false).id();
              }));
        }
        assertThat(ids.getFirst().get()).isEqualTo(ids.getLast().get());
      }
      assertThat(accounts.keys(account.id())).hasSize(20);
    }
  }

  @Test
  void othersHaveOtherKeys() {
    AccessKey ada = people.admit(ADA, account, false);
    Person namesake = new Person(ADA.issuer(), "subject-2", "ada");
    Person ofAnotherProvider = new Person("https://other.example", ADA.subject(), "ada");
    assertThat(people.admit(namesake, account, false).id()).isNotEqualTo(ada.id());
    assertThat(people.admit(ofAnotherProvider, account, false).id()).isNotEqualTo(ada.id());
    assertThat(people.admit(ADA, accounts.create("other"), false).id()).isNotEqualTo(ada.id());
  }

  @Test
  void aLoginDoesNotEnableADisabledKey() {
    AccessKey key = people.admit(ADA, account, false);
    accounts.setEnabled(account.id(), key.id(), false);
    assertThat(people.admit(ADA, account, false).enabled()).isFalse();
  }

  @Test
  void aDeletedKeyComesBackAsAnother() {
    AccessKey key = people.admit(ADA, account, false);
    accounts.deleteKey(account.id(), key.id());
    assertThat(people.admit(ADA, account, false).id()).isNotEqualTo(key.id());
  }

  @Test
  void thePersonsKeySignsNothing() {
    AccessKey key = people.admit(ADA, account, false);
    assertThat(accounts.findKey(key.id())).contains(key);
    assertThat(accounts.findSigningKey(key.id())).isEmpty();
  }
}
