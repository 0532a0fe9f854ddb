package dev.regild.e2e;

import java.nio.file.Path;

/**
 * A rolling upgrade: nodes of an older version and one of this version on one database and one
 * store. Each makes what the other has accepted, and takes over from the other when it is killed.
 */
final class OlderNodes {
  private static final String OLD = "old";
  private static final String NEW = "new";

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
    try (TestCluster cluster = TestCluster.startOlder(directory, OLD, older)) {
      cluster.importBase(cluster.node(OLD));
      cluster.start(NEW);
      FaultsBench.updateOn(cluster, NEW, OLD, "accepted-by-old");
      FaultsBench.updateOn(cluster, OLD, NEW, "accepted-by-new");
      madeBy(cluster, NEW, "accepted-by-old");
      madeBy(cluster, OLD, "accepted-by-new");

      // An older node that is started again on the tables of the newer one.
      cluster.node(OLD).close();
      cluster.startOlder(OLD, older);
      takenOver(cluster, OLD, NEW);
      takenOver(cluster, NEW, OLD);
      RegistryCheck.requireSound(cluster, cluster.names(), 5);
    }
    return "an older and this version's node: each made what the other accepted, took over when the"
        + " other was killed, and the older one started on this version's tables";
  }

  private static void madeBy(TestCluster cluster, String node, String image) throws Exception {
    FaultsBench.available(cluster, node, image);
    FaultsBench.require(
        cluster.node(node).log().contains("image=" + image + " step=Publish"),
        node + " did not make " + image);
  }

  private void takenOver(TestCluster cluster, String killed, String other) throws Exception {
    String image = "begun-by-" + killed;
    FaultsBench.updateOn(cluster, killed, other, image);
    cluster.node(killed).awaitStep(image, "Apply");
    cluster.node(killed).kill();
    madeBy(cluster, other, image);
    if (killed.equals(OLD)) {
      cluster.startOlder(killed, older);
    } else {
      cluster.start(killed);
    }
  }
}
