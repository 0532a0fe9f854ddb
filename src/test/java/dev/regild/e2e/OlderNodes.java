package dev.regild.e2e;

import java.nio.file.Path;
import java.util.List;

/**
 * A rolling upgrade: nodes of an older version and one of this version on one database and one
 * store. Each makes what the other has accepted, and takes over from the other when it is killed.
 */
final class OlderNodes {
  private final Path directory;
  private final Path older;

  /**
   * @param older a built checkout of the older version
   */
  OlderNodes(Path directory, Path older) {
    this.directory = directory;
    this.older = older.resolve("regild");
  }

  String run() throws Exception {
    try (TestCluster cluster = TestCluster.startOlder(directory, "old", older)) {
      cluster.importBase(cluster.node("old"));
      makes(cluster, "old", "before");
      cluster.start("new");

      FaultsBench.drain(cluster, List.of("old"), "drain");
      makes(cluster, "new", "accepted-by-old");
      FaultsBench.drain(cluster, List.of("old"), "resume");
      FaultsBench.drain(cluster, List.of("new"), "drain");
      TestCluster.update(cluster.node("new"), "accepted-by-new");
      madeBy(cluster, "old", "accepted-by-new");

      // An older node that is started again on the tables of the newer one.
      cluster.node("old").close();
      cluster.startOlder("old", older);
      makes(cluster, "old", "after-a-restart");

      takenOver(cluster, "old", "new");
      takenOver(cluster, "new", "old");
      RegistryCheck.requireSound(cluster, cluster.names(), 7);
    }
    return "an older and this version's node: each made what the other accepted, took over when the"
        + " other was killed, and the older one started on this version's tables";
  }

  private static void makes(TestCluster cluster, String node, String image) throws Exception {
    TestCluster.update(cluster.node("old"), image);
    madeBy(cluster, node, image);
  }

  private static void madeBy(TestCluster cluster, String node, String image) throws Exception {
    FaultsBench.available(cluster, node, image);
    FaultsBench.require(
        cluster.node(node).log().contains("image=" + image + " step=Publish"),
        node + " did not make " + image);
  }

  private void takenOver(TestCluster cluster, String killed, String other) throws Exception {
    FaultsBench.drain(cluster, List.of(killed), "resume");
    FaultsBench.drain(cluster, List.of(other), "drain");
    String image = "begun-by-" + killed;
    TestCluster.update(cluster.node(other), image);
    cluster.node(killed).awaitStep(image, "Apply");
    cluster.node(killed).kill();
    FaultsBench.drain(cluster, List.of(other), "resume");
    madeBy(cluster, other, image);
    if (killed.equals("old")) {
      cluster.startOlder(killed, older);
    } else {
      cluster.start(killed);
    }
  }
}
