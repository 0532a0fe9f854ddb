#!/usr/bin/env bash
# Behind pgbouncer 1.18 in transaction mode, an UPDATE of one client can be carried out on the table of
# another one, and nobody is told: the JDBC driver says that one row was changed, PostgreSQL and
# pgbouncer log nothing, and the table that was meant stays as it was.
#
# From the fifth time on, the driver runs a prepared statement under a name in the server's session, and
# each connection counts those names by itself: S_1, S_2 and so on. In transaction mode the sessions are
# shared, so two clients can each have an S_1 in a session of its own, and a client that is given the
# other session runs the other's statement, if the types of the parameters are the same. pgbouncer's
# documentation says that prepared statements do not work in this mode of that version, and what is
# mostly reported are errors (a name that does not exist, or exists already): here there is none. With
# prepareThreshold=0, all is right.
#
# This script makes it happen each time: pgbouncer has two sessions, and two more clients, which only
# hold a transaction open, decide which of the sessions the others get.
#
# Seen with pgbouncer 1.18.0 and PostgreSQL 15.18 (Debian 12), pgjdbc 42.7.14, Java 17 and 25:
#   prepareThreshold=0: 6 updates of one, the last of which changed 1 row, and 5 of two: one 6, two 5
#   driver's defaults: 6 updates of one, the last of which changed 1 row, and 5 of two: one 5, two 6
# This script fetches those versions with the host's own apt and Maven (Java is the host's, a JDK of 17
# or later), unpacks them into a temporary directory, and fails if what they do is another thing now.
set -euo pipefail

driver=42.7.14
packages=(pgbouncer=1.18.0-1+deb12u1 postgresql-15=15.18-0+deb12u1 libpq5=15.18-0+deb12u1
  libevent-2.1-7=2.1.12-stable-8+deb12u1 libc-ares2=1.18.1-3 libicu72=72.1-3+deb12u1
  libxml2=2.9.14+dfsg-1.3~deb12u6 libldap-2.5-0=2.5.13+dfsg-5 libsasl2-2=2.1.28+dfsg-10+deb12u1)
work=$(mktemp -d)
root=$work/root
servers=()
end() {
  [[ ${#servers[@]} -eq 0 ]] || { kill "${servers[@]}" && wait "${servers[@]}"; } || true
  rm -rf "$work"
}
trap end EXIT
cd "$work"

apt-get -q download "${packages[@]}" >download.log 2>&1 ||
  { cat download.log >&2; echo "these versions cannot be fetched: ${packages[*]}" >&2; exit 1; }
for package in ./*.deb; do dpkg-deb --extract "$package" "$root"; done
mvn -B -q dependency:copy -Dartifact="org.postgresql:postgresql:$driver" \
  -DoutputDirectory="$work" >maven.log 2>&1 || { cat maven.log >&2; exit 1; }

# Neither server runs as root.
mkdir state
chmod 755 .
server=(env LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu" LC_ALL=C)
if ((EUID == 0)); then
  chown 65534:65534 state
  server=(setpriv --reuid 65534 --regid 65534 --clear-groups "${server[@]}")
fi

await() { # await FILE WORDS: until a log has them
  for ((i = 0; i < 300; i++)); do
    ! grep -qs "$2" "$1" || return 0
    sleep 0.1
  done
  cat "$1" >&2
  return 1
}

programs=$root/usr/lib/postgresql/15/bin
"${server[@]}" "$programs/initdb" --pgdata="$work/state/data" --username=client --auth=trust \
  --no-sync >initdb.log 2>&1 || { cat initdb.log >&2; exit 1; }
"${server[@]}" "$programs/postgres" -D "$work/state/data" -c listen_addresses= -c fsync=off -c jit=off \
  -c unix_socket_directories="$work/state" >postgres.log 2>&1 &
servers+=($!)
await postgres.log 'ready to accept connections'

port=$((20000 + RANDOM % 10000))
cat >pgbouncer.ini <<END
[databases]
postgres = host=$work/state user=client
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
END
"${server[@]}" "$root/usr/sbin/pgbouncer" pgbouncer.ini >pgbouncer.log 2>&1 &
servers+=($!)
await pgbouncer.log 'process up'

cat >Clients.java <<'END'
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Two clients, each of which counts in the table with its name, on two sessions of the server. */
class Clients {
  private static final String WITHOUT_NAMES = "?prepareThreshold=0";

  public static void main(String[] args) throws SQLException {
    try (Connection any = DriverManager.getConnection(args[0] + WITHOUT_NAMES)) {
      System.out.printf(
          "PostgreSQL %s, pgjdbc %s, Java %s%n",
          any.getMetaData().getDatabaseProductVersion(),
          any.getMetaData().getDriverVersion(),
          System.getProperty("java.version"));
    }
    count(args[0], WITHOUT_NAMES);
    count(args[0], "");
  }

  private static void count(String url, String options) throws SQLException {
    try (Connection holder = DriverManager.getConnection(url + WITHOUT_NAMES);
        Connection other = DriverManager.getConnection(url + WITHOUT_NAMES);
        Connection first = DriverManager.getConnection(url + options);
        Connection second = DriverManager.getConnection(url + options)) {
      for (String table : new String[] {"one", "two"}) {
        other.createStatement().execute("DROP TABLE IF EXISTS " + table);
        other.createStatement().execute("CREATE TABLE " + table + " AS SELECT 0 AS n");
      }
      try (PreparedStatement one = first.prepareStatement("UPDATE one SET n = n + ?");
          PreparedStatement two = second.prepareStatement("UPDATE two SET n = n + ?")) {
        hold(holder); // one of the sessions, so that the first client gets the other one
        for (int i = 0; i < 5; i++) {
          update(one);
        }
        hold(other); // the first client's session, so that the second gets that of the holder
        holder.commit();
        for (int i = 0; i < 5; i++) {
          update(two);
        }
        int changed = update(one); // in the second client's session
        other.commit();
        try (var rows = other.createStatement().executeQuery("SELECT one.n, two.n FROM one, two")) {
          rows.next();
          System.out.printf(
              "%s: 6 updates of one, the last of which changed %d row, and 5 of two: one %d, two %d%n",
              options.isEmpty() ? "driver's defaults" : "prepareThreshold=0",
              changed,
              rows.getInt(1),
              rows.getInt(2));
        }
        other.commit();
      }
    }
  }

  private static void hold(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    connection.createStatement().execute("SELECT 1");
  }

  private static int update(PreparedStatement statement) throws SQLException {
    statement.setInt(1, 1);
    return statement.executeUpdate();
  }
}
END

"${server[@]}" "$root/usr/sbin/pgbouncer" --version | head -n 1
java -XX:TieredStopAtLevel=1 -cp "postgresql-$driver.jar" Clients.java \
  "jdbc:postgresql://127.0.0.1:$port/postgres" | tee seen
logged=$(grep -hcE 'ERROR|WARNING|FATAL' postgres.log pgbouncer.log | paste -sd' ' || true)
echo "errors and warnings logged by PostgreSQL and pgbouncer: $logged"

grep -qx 'prepareThreshold=0: .* changed 1 row, and 5 of two: one 6, two 5' seen
grep -qx "driver's defaults: .* changed 1 row, and 5 of two: one 5, two 6" seen
[[ $logged == '0 0' ]]
