package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.fixtures.TestDatabases;
import dev.regild.job.node.Turns;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedRefreshTest {
  /** Else its thread ends, and no other node refreshes feeds while this one lives. */
  @Test
  void anErrorGivesTheTurnBackAndIsNotTheEnd(@TempDir Path data) throws Exception {
    List<String> givenBack = new ArrayList<>();
    Turns turns =
        new Turns() {
          @Override
          public boolean take(String name) {
            throw new StackOverflowError("of a test");
          }

          @Override
          public void giveBack(String name) {
            givenBack.add(name);
          }
        };
    Clock clock = Clock.systemUTC();
    try (Database database = TestDatabases.open(data.resolve("regild.db"))) {
      FeedRefresh refresh =
          new FeedRefresh(
              database, new FeedStore(database, data, clock), new ChannelStore(data, clock), turns);
      refresh.look();
    }
    assertThat(givenBack).containsExactly("feeds");
  }
}
