package dev.regild.policy;

import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.image.RefusedException;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.job.node.NodeFacts;
import dev.regild.job.node.NodeRefusedException;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.SharedTurns;
import dev.regild.job.node.ThisNode;
import dev.regild.job.node.Turns;
import dev.regild.policy.notice.Addresses;
import dev.regild.policy.notice.Courier;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.notice.Secrets;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.ring.Promotions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A process that shares a PostgreSQL with others and does one kind of work of a server. */
public final class PolicyNode {
  /** Webhooks of tests are here. */
  public static final Addresses ADDRESSES =
      new Addresses(List.of(Addresses.Network.parse("127.0.0.0/8")));

  /** Secrets as they are. */
  public static final Secrets SECRETS =
      new Secrets() {
        @Override
        public byte[] seal(String name, byte[] secret) {
          return secret;
        }

        @Override
        public byte[] open(String name, byte[] sealed) {
          return sealed;
        }
      };

  private PolicyNode() {}

  /** Makes this process, or a part of it that plays one, a node. */
  public static ThisNode join(Database database, String name, String instance)
      throws NodeRefusedException {
    return ThisNode.join(
        database,
        new NodeFacts(
            name,
            UUID.randomUUID().toString(),
            instance,
            "host",
            "1.0",
            "serve",
            1,
            "VM",
            Optional.of("s3://images")),
        () -> new NodeFacts.Condition(Set.of(), 1 << 30, "TCG"),
        () -> 1 << 30);
  }

  /**
   * Works until it is killed.
   *
   * @param arguments the database, the node's name, its work, and the directory of the channels
   */
  public static void main(String[] arguments) throws Exception {
    Database database = Database.open(PostgresAddress.parse(arguments[0], Map.of()).orElseThrow());
    String name = arguments[1];
    String instance = UUID.randomUUID().toString();
    var _ = join(database, name, instance);
    Turns turns = new SharedTurns(database, instance);
    switch (arguments[2]) {
      case "notices" -> {
        Notices notices = new Notices(ADDRESSES, SECRETS, Optional.empty());
        new Courier(database, notices, ADDRESSES, Optional.empty(), turns, database.clock())
            .start();
      }
      case "retention" -> {
        Retentions retentions =
            new Retentions(
                database,
                new Quotas(new QuotaLimits(Map.of())),
                (_, _, operation, resources, _) ->
                    say(operation + " " + resources.subList(2, resources.size())),
                database.clock());
        new RecurringWork(
                "retention",
                RecurringWork.Pauses.of(Duration.ofMillis(5)),
                turns,
                retentions::runAll)
            .start();
      }
      default -> {
        Promotions promotions =
            new Promotions(
                database,
                new ChannelStore(Path.of(arguments[3]), database.clock()),
                database.clock());
        new Thread(() -> moveRings(promotions, name), "rings").start();
      }
    }
    say("ready");
    Thread.sleep(Duration.ofMinutes(5));
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Promotes and rolls back as often as others let it. */
  private static void moveRings(Promotions promotions, String name) {
    for (int i = 0; i < 40; i++) {
      attempt(() -> {
        var _ = promotions.promote("bench", "dev", "prod", name, Optional.empty());
      });
      attempt(() -> {
        var _ = promotions.rollback("bench", "prod", name);
      });
    }
    say("done");
  }

  private static void attempt(Runnable move) {
    try {
      move.run();
      say("moved");
    } catch (RefusedException e) {
      say("refused " + e.reason());
    }
  }
}
