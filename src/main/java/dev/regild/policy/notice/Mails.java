package dev.regild.policy.notice;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.event.Event;
import dev.regild.event.RecordedEvent;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import dev.regild.policy.notice.MailServer.Encryption;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLSocketFactory;

/**
 * Delivers events as e-mail, one each, by the operator's mail server. An event that comes twice has
 * the same Message-ID.
 */
final class Mails implements Sender {
  /** Of a connection, and of the server's silence, in milliseconds. */
  private static final int CONNECT = 5_000;

  private static final int SILENCE = 10_000;

  /** For all of it: a server that answers byte by byte has no more. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private static final int LONGEST_SUBJECT = 200;
  private static final int LONGEST_CREDENTIALS = 1000;

  private final MailServer server;
  private final Duration limit;

  Mails(MailServer server) {
    this(server, LIMIT);
  }

  Mails(MailServer server, Duration limit) {
    this.server = server;
    this.limit = limit;
  }

  private record Credentials(String user, String password) {
    @Override
    public String toString() {
      return user + ":***";
    }
  }

  @Override
  public void send(URI to, byte[] secret, RecordedEvent event, Instant now)
      throws FailedDeliveryException, InterruptedException {
    if (!server.mayReach(to)) {
      throw new FailedDeliveryException(notAllowed(to));
    }
    Session session = Session.getInstance(properties());
    Optional<Credentials> credentials = credentials();
    FutureTask<Boolean> call =
        new FutureTask<>(() -> {
          deliver(session, credentials, message(session, to, event));
          return true;
        });
    Thread.ofVirtual().name("mail").start(call);
    try {
      var _ = call.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new FailedDeliveryException(
          "The mail server %s did not take it within %d s."
              .formatted(server.host(), limit.toSeconds()),
          e);
    } catch (ExecutionException e) {
      throw new FailedDeliveryException(
          "The mail server %s did not take it: %s."
              .formatted(server.host(), reason(e.getCause() == null ? e : e.getCause())),
          e);
    } finally {
      // Interrupts it where it waits for the server.
      call.cancel(true);
    }
  }

  /** Says that an address is not one that notices may write to. */
  static String notAllowed(URI to) {
    return "E-mail to %s is not allowed. The operator can allow its domain with the key mail.domains."
        .formatted(to.getSchemeSpecificPart());
  }

  private void deliver(Session session, Optional<Credentials> credentials, MimeMessage message)
      throws MessagingException {
    try (Transport transport = session.getTransport("smtp")) {
      transport.connect(
          server.host(),
          server.port(),
          credentials.map(Credentials::user).orElse(null),
          credentials.map(Credentials::password).orElse(null));
      transport.sendMessage(message, message.getAllRecipients());
    }
  }

  private Properties properties() throws FailedDeliveryException {
    Properties properties = new Properties();
    properties.put("mail.smtp.connectiontimeout", Integer.toString(CONNECT));
    properties.put("mail.smtp.timeout", Integer.toString(SILENCE));
    properties.put("mail.smtp.writetimeout", Integer.toString(SILENCE));
    properties.put("mail.smtp.auth", Boolean.toString(server.credentials().isPresent()));
    properties.put("mail.smtp.from", server.from());
    properties.put("mail.smtp.localhost", MailServer.domain(server.from()));
    if (server.encryption() != Encryption.NONE) {
      boolean atOnce = server.encryption() == Encryption.TLS;
      properties.put("mail.smtp.ssl.enable", Boolean.toString(atOnce));
      properties.put("mail.smtp.starttls.enable", Boolean.toString(!atOnce));
      // A server, or who stands before it, can't talk us out of encryption.
      properties.put("mail.smtp.starttls.required", Boolean.toString(!atOnce));
      properties.put("mail.smtp.ssl.checkserveridentity", "true");
      if (server.authority().isPresent()) {
        properties.put("mail.smtp.ssl.socketFactory", trusting(server.authority().get()));
      }
    }
    return properties;
  }

  private static SSLSocketFactory trusting(Path authority) throws FailedDeliveryException {
    try {
      return TlsContext.of(new KeyManager[0], Optional.of(PemFile.read(authority).certificates()))
          .getSocketFactory();
    } catch (FetchException e) {
      throw new FailedDeliveryException("mail.ca-cert: %s.".formatted(e.getMessage()), e);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("This Java has no TLS.", e);
    }
  }

  /** Read each time, so that a new password needs no restart. */
  private Optional<Credentials> credentials() throws FailedDeliveryException {
    if (server.credentials().isEmpty()) {
      return Optional.empty();
    }
    Path file = server.credentials().get();
    String text;
    try {
      if (Files.size(file) > LONGEST_CREDENTIALS) {
        throw new IOException("it is too large");
      }
      text = Files.readString(file, UTF_8).strip();
    } catch (IOException e) {
      throw new FailedDeliveryException(
          "The file %s can't be read (%s). The operator has to correct it or the key mail.credentials."
              .formatted(file, e.getClass().getSimpleName()),
          e);
    }
    int colon = text.indexOf(':');
    if (colon < 1 || text.indexOf('\n') >= 0) {
      throw new FailedDeliveryException(
          "The file %s has no line USER:PASSWORD. The operator has to write it.".formatted(file));
    }
    return Optional.of(new Credentials(text.substring(0, colon), text.substring(colon + 1)));
  }

  private MimeMessage message(Session session, URI to, RecordedEvent recorded)
      throws MessagingException {
    MimeMessage message =
        new MimeMessage(session) {
          /** The library would make another one for each attempt. */
          @Override
          protected void updateMessageID() throws MessagingException {
            setHeader(
                "Message-ID", "<%s@%s>".formatted(recorded.id(), MailServer.domain(server.from())));
          }
        };
    Event event = recorded.event();
    message.setFrom(new InternetAddress(server.from(), true));
    message.setRecipient(
        Message.RecipientType.TO, new InternetAddress(to.getSchemeSpecificPart(), true));
    message.setSubject(subject(event), UTF_8.name());
    message.setSentDate(Date.from(recorded.happened()));
    // RFC 3834: nobody's holiday notice answers it.
    message.setHeader("Auto-Submitted", "auto-generated");
    message.setText(body(recorded), UTF_8.name());
    message.saveChanges();
    return message;
  }

  /** A line break would begin another header. */
  private static String subject(Event event) {
    String subject =
        "[regild] %s: %s"
            .formatted(event.type().word(), event.subject())
            .replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}]+", " ");
    return subject.substring(0, Math.min(LONGEST_SUBJECT, subject.length()));
  }

  private static String body(RecordedEvent recorded) {
    Event event = recorded.event();
    StringBuilder body = new StringBuilder();
    line(body, "event", event.type().word());
    line(body, "subject", event.subject());
    line(body, "time", recorded.happened().toString());
    if (!event.accountId().isEmpty()) {
      line(body, "account", event.accountId());
    }
    if (!event.region().isEmpty()) {
      line(body, "region", event.region());
    }
    new TreeMap<>(event.payload()).forEach((key, value) -> line(body, key, value.toString()));
    line(body, "id", recorded.id());
    return body.toString();
  }

  private static void line(StringBuilder body, String key, String value) {
    body.append(key).append(": ").append(value.replaceAll("\\R", "\n  ")).append("\n");
  }

  /** What the server said is in the innermost of the library's exceptions. */
  private static String reason(Throwable problem) {
    Throwable cause = problem;
    while (cause instanceof MessagingException messaging && messaging.getNextException() != null) {
      cause = messaging.getNextException();
    }
    String message = String.valueOf(cause.getMessage()).strip().replaceAll("\\s+", " ");
    return message.replaceFirst("\\.$", "");
  }
}
