package dev.regild.policy.notice;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;

import dev.regild.account.Suspensions;
import dev.regild.event.Events;
import dev.regild.image.Json;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.OwnedRows;
import dev.regild.policy.PolicyKind;
import dev.regild.policy.notice.Sender.FailedDeliveryException;
import java.net.URI;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The notices of the registry. Each call takes the caller's handle. */
public final class Notices implements PolicyKind {
  private static final String SELECT =
      """
      SELECT notice.*, (SELECT COUNT(*) FROM notice_delivery
                         WHERE notice_delivery.notice_id = notice.id) AS waiting
        FROM notice
      """;

  private static final OwnedRows<Notice> ROWS =
      new OwnedRows<>(
          SELECT,
          (row, _) -> notice(row),
          "The notice %s of %s does not exist. List the notices: regild notice list");

  private static final int MOST = 100;
  private static final int SECRET_BYTES = 32;

  /** Somebody waits for the answer. */
  private static final Duration QUESTION_LIMIT = Duration.ofSeconds(10);

  private final Webhooks webhooks;
  private final Secrets secrets;
  private final Optional<MailServer> mail;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param addresses where webhooks may be
   * @param mail the server for e-mail, if the operator has named one
   */
  public Notices(Addresses addresses, Secrets secrets, Optional<MailServer> mail) {
    this.webhooks = new Webhooks(addresses, QUESTION_LIMIT);
    this.secrets = secrets;
    this.mail = mail;
  }

  @Override
  public String kind() {
    return "Notice";
  }

  @Override
  public Map<String, Object> canonical(String name, JsonNode spec) {
    return NoticeSpec.read(name, spec).canonical();
  }

  /** Each is asked before anything is put, so a file does not ask thousands of hosts. */
  @Override
  public void requireCompatible(Map<String, Map<String, Object>> wanted) {
    if (wanted.size() > MOST) {
      throw new RefusedException(
          LIMIT_EXCEEDED,
          "The files have %d notices, but an account can have at most %d in a region. Remove some."
              .formatted(wanted.size(), MOST));
    }
  }

  /**
   * Looks whether the place of a notice can be told of events. It is asked, so no transaction may
   * be open.
   *
   * @throws InvalidPolicyException if its host does not exist or has a private address, it does not
   *     answer or redirects, or this server sends no e-mail to that address
   */
  @Override
  public void requirePossible(String name, Map<String, Object> spec) {
    NoticeSpec read = read(name, Json.write(spec));
    if (read.isMail()) {
      requireMail(name, read.to());
      return;
    }
    try {
      webhooks.require(read.to());
    } catch (FailedDeliveryException e) {
      throw new InvalidPolicyException(
          "Notice %s: to is %s. %s".formatted(name, read.to(), e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a webhook is asked", e);
    }
  }

  private void requireMail(String name, URI to) {
    if (mail.isEmpty()) {
      throw new InvalidPolicyException(
          "Notice %s: this server sends no e-mail. The operator can set mail.server; a webhook is https://HOST/PATH."
              .formatted(name));
    }
    if (!mail.get().mayReach(to)) {
      throw new InvalidPolicyException("Notice %s: %s".formatted(name, Mails.notAllowed(to)));
    }
  }

  @Override
  public Map<String, Map<String, Object>> all(Handle handle, Owner owner) {
    Map<String, Map<String, Object>> all = new LinkedHashMap<>();
    list(handle, owner).forEach(each -> all.put(each.name(), each.spec().canonical()));
    return all;
  }

  /**
   * Adds a notice.
   *
   * @throws RefusedException ALREADY_EXISTS if there is one of that name
   */
  public void add(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    if (ROWS.find(handle, owner, name).isPresent()) {
      throw new RefusedException(
          ALREADY_EXISTS,
          "The notice %s exists already. Remove it first: regild notice remove %1$s"
              .formatted(name));
    }
    put(handle, owner, name, spec, now);
  }

  @Override
  public void put(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    if (ROWS.find(handle, owner, name).isEmpty() && list(handle, owner).size() >= MOST) {
      throw new RefusedException(
          LIMIT_EXCEEDED, "%s has %d notices already. Remove one.".formatted(owner, MOST));
    }
    String id = UUID.randomUUID().toString();
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    handle
        .createUpdate(
            """
            INSERT INTO notice (
              id, account_id, region, name, spec, sealed_secret, seen, delivered, given_up, problem,
              created)
            VALUES (:id, :account, :region, :name, :spec, :sealed, :seen, 0, 0, '', :now)
            ON CONFLICT (account_id, region, name) DO UPDATE SET spec = excluded.spec
            """)
        .bind("id", id)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", name)
        .bind("spec", Json.write(spec))
        .bind("sealed", secrets.seal(sealName(id), secret))
        .bind("seen", Events.last(handle))
        .bind("now", now.toEpochMilli())
        .execute();
  }

  @Override
  public void remove(Handle handle, Owner owner, String name) {
    handle
        .createUpdate("DELETE FROM notice WHERE id = :id")
        .bind("id", require(handle, owner, name).id())
        .execute();
  }

  /** Returns what the deliveries of a notice are signed with. */
  byte[] secret(Notice notice) {
    return secrets.open(sealName(notice.id()), notice.sealed());
  }

  /** Returns the same as receivers know it: {@code whsec_…}; empty if it sends e-mail. */
  public Optional<String> secretText(Notice notice) {
    return notice.spec().isMail()
        ? Optional.empty()
        : Optional.of("whsec_" + Base64.getEncoder().encodeToString(secret(notice)));
  }

  private static String sealName(String id) {
    return "notice/" + id;
  }

  /** Returns an owner's notices, by name. */
  public static List<Notice> list(Handle handle, Owner owner) {
    return ROWS.list(handle, owner);
  }

  /** Returns the notices of all owners, but those of suspended accounts. */
  static List<Notice> all(Handle handle) {
    return handle
        .createQuery(SELECT + " WHERE " + Suspensions.NOT_SUSPENDED + " ORDER BY id")
        .map((row, _) -> notice(row))
        .list();
  }

  /**
   * Returns the owner's notice of that name.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static Notice require(Handle handle, Owner owner, String name) {
    return ROWS.require(handle, owner, name);
  }

  private static Notice notice(ResultSet row) throws SQLException {
    return new Notice(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        read(row.getString("name"), row.getString("spec")),
        row.getBytes("sealed_secret"),
        row.getLong("seen"),
        row.getLong("delivered"),
        row.getLong("given_up"),
        row.getString("problem"),
        row.getLong("waiting"));
  }

  private static NoticeSpec read(String name, String spec) {
    return NoticeSpec.read(name, JsonMapper.shared().readTree(spec));
  }
}
