package dev.regild.server.config;

import dev.regild.channel.EarlierSnapshots;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.db.PostgresAddress;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.policy.notice.Addresses;
import dev.regild.policy.notice.MailServer;
import dev.regild.servicing.Isolation;
import dev.regild.store.StoreSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything about a server that can be set. One YAML file, environment variables over it, flags
 * over both; {@link ConfigKeys} has the names, the defaults and the limits.
 *
 * @param listen where the server accepts connections
 * @param data the directory of all that the server keeps
 * @param database a PostgreSQL database; empty for the embedded one in {@code data}
 * @param auth who is let in
 * @param region the region of callers that name none
 * @param isolation what stands between a serviced disk and the host
 * @param workers how many updates and imports run at the same time
 * @param logFormat how events are written
 * @param quotas per account and region
 * @param applianceStartLimit the longest that the start of an appliance may take
 * @param qualification the limits of a new image's trial boot
 * @param windows the machine in which an image of Windows is serviced and qualified
 * @param http what a client may take of the server's time and connections
 * @param conversions how many images are converted for downloads at the same time
 * @param flattenDepth the most layers that an image has after an update without being flattened; 0
 *     for any number
 * @param auditSize how much is kept of the audit log
 * @param prefetch the most that is downloaded after a refresh of a channel, to read changelogs;
 *     empty if none is
 * @param snapshots which earlier snapshots of channels are kept
 * @param store the S3 store of the layers; empty if they are in the data directory
 * @param cache the most that local copies of the store's layers take
 * @param node this process among others that share the database
 * @param support where the host has what says until when releases are supported
 * @param openId how people log in to the console with OpenID Connect; empty if they don't
 * @param tls how connections are encrypted
 * @param notices how others are told of events
 * @param traces where traces of jobs are sent by OTLP; empty if they are not
 */
public record Config(
    Listen listen,
    Path data,
    Optional<PostgresAddress> database,
    Auth auth,
    String region,
    Isolation isolation,
    int workers,
    LogFormat logFormat,
    QuotaLimits quotas,
    Duration applianceStartLimit,
    Qualification qualification,
    Windows windows,
    Http http,
    int conversions,
    int flattenDepth,
    ByteSize auditSize,
    Optional<ByteSize> prefetch,
    EarlierSnapshots.Limits snapshots,
    Optional<StoreSettings> store,
    ByteSize cache,
    Node node,
    Support support,
    Optional<OpenIdSettings> openId,
    Tls tls,
    Notices notices,
    Optional<URI> traces) {

  /**
   * How others are told of events.
   *
   * @param addresses where webhooks may be
   * @param mail takes e-mail; empty if none is sent
   */
  public record Notices(Addresses addresses, Optional<MailServer> mail) {}

  /**
   * How connections are encrypted.
   *
   * @param certificate a PEM file with the server's certificate and those that it is issued by;
   *     empty for one that the server makes itself
   * @param key a PEM file with its private key
   * @param clientAuthority a PEM file with those who issue clients' certificates; empty if clients
   *     need none
   * @param acme who issues the certificate by ACME; empty if nobody does
   */
  public record Tls(
      TlsMode mode,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<Path> clientAuthority,
      Optional<Acme> acme) {
    /** Without an ACME authority. */
    public Tls(
        TlsMode mode,
        Optional<Path> certificate,
        Optional<Path> key,
        Optional<Path> clientAuthority) {
      this(mode, certificate, key, clientAuthority, Optional.empty());
    }

    /** Decided by the address alone. */
    public static final Tls AUTO =
        new Tls(TlsMode.AUTO, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * An authority that issues certificates by ACME (RFC 8555).
   *
   * @param directory its address
   * @param names of the server
   * @param contact an e-mail address for its notices; empty for none
   * @param authority a PEM file with those who issued the authority's own certificate; empty for
   *     those that Java trusts
   * @param binding of our account to one that the authority has already; empty for none
   */
  public record Acme(
      URI directory,
      List<String> names,
      Optional<String> contact,
      Optional<Path> authority,
      Optional<ExternalAccount> binding) {
    public Acme {
      names = List.copyOf(names);
    }
  }

  /**
   * An account that the authority knows outside of ACME (RFC 8555, section 7.3.4).
   *
   * @param id what the authority calls its key
   * @param key the file with that key, as the authority gives it: base64url
   */
  public record ExternalAccount(String id, Path key) {}

  /** When connections are encrypted. */
  public enum TlsMode {
    /** If there is a certificate, or other machines can connect. */
    AUTO,
    /** Always. */
    ON,
    /** Never. */
    OFF
  }

  /**
   * Where the files are that say until when releases and packages are supported.
   *
   * @param distroInfo the directory of {@code distro-info-data}'s
   * @param securitySupport the directory of {@code debian-security-support}'s
   */
  public record Support(Path distroInfo, Path securitySupport) {}

  /**
   * Where connections are accepted.
   *
   * @param host an address of this machine
   * @param port 0 for any free one
   */
  public record Listen(String host, int port) {
    /** Where a server listens that is told of no address. */
    public static final Listen DEFAULT = new Listen("127.0.0.1", 8790);

    /** Where a process listens that only runs jobs, and is told of no address. */
    public static final Listen WORKER_DEFAULT = new Listen("127.0.0.1", 8791);

    /** Returns the same as the address of a socket. */
    public static Listen of(InetSocketAddress address) {
      return new Listen(address.getAddress().getHostAddress(), address.getPort());
    }

    /**
     * Returns whether this is the address of that socket. An IPv6 address has several texts: {@code
     * ::1} is {@code 0:0:0:0:0:0:0:1}.
     */
    public boolean isThatOf(InetSocketAddress address) {
      try {
        return port == address.getPort()
            && InetAddress.getByName(host).equals(address.getAddress());
      } catch (UnknownHostException e) {
        return false;
      }
    }

    @Override
    public String toString() {
      return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /** Who is let in. */
  public enum Auth {
    /** Every request is signed with an access key of this server. */
    SIGV4,
    /** Everybody is let in. */
    OFF
  }

  /** Which packages are downloaded after a refresh of a channel, to read their changelogs. */
  public enum Prefetch {
    /** None. */
    OFF,
    /** Those that updates of the existing images would change. */
    CHANGES
  }

  /** How an event is written. */
  public enum LogFormat {
    /** As fields of the journal if standard error goes there, else {@code key=value}. */
    AUTO,
    /** {@code key=value}, one line an event. */
    TEXT,
    /** One JSON object a line. */
    JSON
  }

  /**
   * One of several processes that share a database.
   *
   * @param workerListen where a process that only runs jobs answers health checks
   * @param name unique among them; empty for one that is made of the host's
   * @param work the directory of its jobs' unfinished files; empty for {@code work} in the data
   *     directory
   * @param operators the accounts that see and drain nodes; empty for the first one
   * @param kvm whether the updates and imports that it accepts need KVM
   */
  public record Node(
      Listen workerListen,
      Optional<String> name,
      Optional<Path> work,
      Set<String> operators,
      boolean kvm) {
    public Node {
      operators = Set.copyOf(operators);
    }
  }

  /**
   * The limits of a new image's trial boot.
   *
   * @param timeLimit from power on to power off
   * @param memory of the machine
   */
  public record Qualification(Duration timeLimit, ByteSize memory) {}

  /**
   * The machine of a Windows image.
   *
   * @param memory of the machine
   * @param startLimit from power on, and from each restart, until its guest agent answers
   */
  public record Windows(ByteSize memory, Duration startLimit) {}

  /**
   * What a client may take, whoever it is.
   *
   * @param connections open at one time
   * @param connectionsPerAddress of these, from one address
   * @param headTimeLimit from a request's first byte to the end of its head
   * @param idleTimeLimit between two requests of a connection
   * @param bodyTimeLimit for the whole body of a request that is not an upload
   * @param leastRate bytes a second that an upload brings and a download takes
   */
  public record Http(
      int connections,
      int connectionsPerAddress,
      Duration headTimeLimit,
      Duration idleTimeLimit,
      Duration bodyTimeLimit,
      ByteSize leastRate) {
    public static final Http DEFAULT =
        new Http(
            1024,
            256,
            Duration.ofSeconds(15),
            Duration.ofSeconds(75),
            Duration.ofSeconds(60),
            new ByteSize(4096));
  }

  /** Returns the same for a process that only runs jobs. */
  public Config ofWorker() {
    return listeningOn(node.workerListen());
  }

  /** Returns the same for another address. */
  public Config listeningOn(Listen address) {
    return new Config(
        address,
        data,
        database,
        auth,
        region,
        isolation,
        workers,
        logFormat,
        quotas,
        applianceStartLimit,
        qualification,
        windows,
        http,
        conversions,
        flattenDepth,
        auditSize,
        prefetch,
        snapshots,
        store,
        cache,
        node,
        support,
        openId,
        tls,
        notices,
        traces);
  }

  /**
   * Reads and checks the configuration.
   *
   * @param file the YAML file, if there is one
   * @param environment the process's variables, of which {@code REGILD_…} and {@code PGPASSWORD}
   *     are read
   * @param flags by key: {@code quotas.images}
   * @throws ConfigException if a key is unknown or a value can't be used
   */
  public static Config read(
      Optional<Path> file, Map<String, String> environment, Map<String, String> flags)
      throws ConfigException {
    return new ConfigKeys(ConfigSources.read(file, environment, flags), environment).config();
  }
}
