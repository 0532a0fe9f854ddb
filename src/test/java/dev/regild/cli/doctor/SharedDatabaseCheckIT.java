package dev.regild.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import dev.regild.job.node.NodeFacts;
import dev.regild.job.node.SharedNodes;
import dev.regild.job.node.ThisNode;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code regild doctor} says of a PostgreSQL and the nodes on it. */
class SharedDatabaseCheckIT {
  private static final String NAME = "doctor_looks";
  private static PostgresCluster cluster;

  @RegisterExtension
  static final BeforeAllCallback CLUSTER = context -> cluster = TestDatabases.cluster(context);

  @Test
  void theDatabaseAndItsNodesAreShownAndLeftAsTheyAre() throws Exception {
    cluster.execute("CREATE DATABASE " + NAME);
    PostgresAddress address = cluster.address(NAME);
    assertThat(look(address)).contains("PostgreSQL 1", "no server of this version has used");
    try (Database database = Database.open(address);
        ThisNode _ =
            ThisNode.join(
                database,
                new NodeFacts(
                    "rack-7", "d", "i", "host-7", "1.0", "worker", 1, "VM", Optional.empty()),
                () -> new NodeFacts.Condition(Set.of(), 0, "TCG"),
                () -> 0)) {
      assertThat(look(address))
          .contains("node rack-7", "RUNNING", "worker 1.0 on host-7")
          .contains("ahead of the database")
          .doesNotContain("PROBLEM");
      assertThat(new SharedNodes(database).setDraining("rack-7", true)).isTrue();
      assertThat(look(address)).contains("drained", "PROBLEM", "No running node takes jobs");
    } finally {
      cluster.execute("DROP DATABASE %s WITH (FORCE)".formatted(NAME));
    }
    assertThat(look(address)).contains("PROBLEM").doesNotContain(cluster.password());
  }

  private static String look(PostgresAddress address) {
    Checkup checks = new Checkup("WHAT");
    new SharedDatabaseCheck(Optional.of(address)).run(checks);
    return checks.json().toString();
  }
}
