package dev.regild.e2e;

import dev.regild.fixtures.PostgresCluster;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.store.FaultyLink;
import dev.regild.store.S3Proxy;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network namespace for a node, with one cable to the database and one to the store, which can be
 * pulled: packets are lost, and nobody is told.
 */
record CutOffNode(String namespace, FaultyLink database, FaultyLink store)
    implements AutoCloseable {
  private static final String NOBODY = "02:00:00:00:00:99";

  /** One of the two cables; {@code host} is the name of its end on this side. */
  enum Cable {
    TO_DATABASE("rgfault-db", "10.213.1"),
    TO_STORE("rgfault-s3", "10.213.2");

    private final String host;
    private final String network;

    Cable(String host, String network) {
      this.host = host;
      this.network = network;
    }

    private String inside() {
      return host + "-in";
    }
  }

  static CutOffNode create(PostgresCluster postgres, S3Proxy store) throws Exception {
    String namespace = "rgfault";
    run("ip", "netns", "add", namespace);
    run("ip", "-n", namespace, "link", "set", "lo", "up");
    for (Cable cable : Cable.values()) {
      connect(namespace, cable);
    }
    return new CutOffNode(
        namespace,
        new FaultyLink(InetAddress.getByName(Cable.TO_DATABASE.network + ".1"), postgres.port()),
        new FaultyLink(InetAddress.getByName(Cable.TO_STORE.network + ".1"), store.port()));
  }

  private static void connect(String namespace, Cable cable) throws Exception {
    String network = cable.network;
    String inside = cable.inside();
    run("ip", "link", "add", cable.host, "type", "veth", "peer", "name", inside);
    run("ip", "link", "set", inside, "netns", namespace);
    run("ip", "addr", "add", network + ".1/24", "dev", cable.host);
    run("ip", "link", "set", cable.host, "up");
    run("ip", "-n", namespace, "addr", "add", network + ".2/24", "dev", inside);
    run("ip", "-n", namespace, "link", "set", inside, "up");
  }

  /** What starts a program in the namespace. */
  List<String> prefix() {
    return List.of("ip", "netns", "exec", namespace);
  }

  /** The variables that lead a node over the cables. */
  Map<String, String> variables(PostgresCluster postgres) {
    return Map.of(
        "REGILD_DATABASE",
        postgres
            .url("regild")
            .replace("127.0.0.1:" + postgres.port(), database.endpoint().getAuthority()),
        "REGILD_STORE_ENDPOINT",
        store.endpoint().toString());
  }

  /** Loses every packet from now on: each end takes the other for a card that nobody has. */
  void pull(Cable cable) throws Exception {
    String here = cable.network + ".1";
    String there = cable.network + ".2";
    neighbour("replace", there, "lladdr", NOBODY, "dev", cable.host);
    inside("replace", here, "lladdr", NOBODY, "dev", cable.inside());
  }

  void plug(Cable cable) throws Exception {
    neighbour("del", cable.network + ".2", "dev", cable.host);
    inside("del", cable.network + ".1", "dev", cable.inside());
  }

  private static void neighbour(String... arguments) throws Exception {
    run(joined(List.of("ip", "neigh"), arguments));
  }

  private void inside(String... arguments) throws Exception {
    run(joined(List.of("ip", "-n", namespace, "neigh"), arguments));
  }

  private static String[] joined(List<String> first, String... rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }

  @Override
  public void close() throws IOException {
    database.close();
    store.close();
    try {
      // The ends of the cables go with it.
      run("ip", "netns", "del", namespace);
    } catch (ProgramException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run(String... command) throws ProgramException, InterruptedException {
    Program.of(command).run();
  }
}
