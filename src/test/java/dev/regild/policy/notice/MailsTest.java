package dev.regild.policy.notice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.RecordedEvent;
import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import dev.regild.policy.notice.MailServer.Encryption;
import dev.regild.policy.notice.Sender.FailedDeliveryException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** E-mail by a server of this machine, with a certificate that openssl makes. */
class MailsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final URI OPS = URI.create("mailto:ops@example.com");
  private static final String PASSWORD = "canary:of a test";

  @TempDir static Path made;
  private static SSLContext own;
  private static SSLContext foreign;

  @TempDir Path directory;
  private final List<MimeMessage> received = new CopyOnWriteArrayList<>();
  private final List<String> logins = new CopyOnWriteArrayList<>();
  private SMTPServer server;

  @BeforeAll
  static void certificates() throws Exception {
    HostTools.assumeInstalled("openssl");
    own = certificate("own");
    foreign = certificate("foreign");
  }

  private static SSLContext certificate(String name) throws Exception {
    Path key = made.resolve(name + ".key");
    Path certificate = made.resolve(name + ".crt");
    Program.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key.toString(),
            "-out",
            certificate.toString(),
            "-subj",
            "/CN=" + name,
            "-addext",
            "subjectAltName=DNS:localhost")
        .run();
    return TlsContext.of(
        TlsContext.keys(PemFile.read(key).key(), PemFile.read(certificate).certificates()),
        Optional.empty());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop();
    }
  }

  private SMTPServer.Builder takingMail() {
    return SMTPServer.port(0)
        .bindAddress(InetAddress.getLoopbackAddress())
        .hostName("localhost")
        .messageHandler((_, _, to, data) -> {
          if (to.startsWith("gone@")) {
            throw new RejectException(550, "No such user here");
          }
          received.add(parsed(data));
        });
  }

  private static MimeMessage parsed(byte[] data) {
    try {
      return new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(data));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private SMTPServer.Builder askingForPassword() {
    return takingMail()
        .authenticationHandlerFactory(
            new EasyAuthenticationHandlerFactory((user, password, _) -> {
              logins.add(user);
              if (!user.equals("regild") || !password.equals(PASSWORD)) {
                throw new LoginFailedException();
              }
            }))
        .requireAuth();
  }

  private void start(SMTPServer.Builder builder) {
    server = builder.build();
    server.start();
  }

  private MailServer at(String host, int port, Encryption encryption, String credentials)
      throws IOException {
    Optional<Path> file = Optional.empty();
    if (!credentials.isEmpty()) {
      file = Optional.of(Files.writeString(directory.resolve("credentials"), credentials));
    }
    return new MailServer(
        host,
        port,
        encryption,
        "regild@example.com",
        file,
        Optional.of(made.resolve("own.crt")),
        List.of("example.com"));
  }

  private void send(Encryption encryption, String credentials, URI to, Event event)
      throws Exception {
    new Mails(at("localhost", server.getPortAllocated(), encryption, credentials))
        .send(to, new byte[0], recorded(event), NOW);
  }

  private static RecordedEvent recorded(Event event) {
    return new RecordedEvent(7, "0b5c5f0a-0000-4000-8000-000000000001", NOW.minusSeconds(3), event);
  }

  private static Event failed(String image) {
    return new Event(
        EventType.UPDATE_FAILED,
        "111111111111",
        "eu-central-1",
        image,
        Map.of("reason", "dpkg: ünbekannt\nsecond line", "existingImage", "golden"));
  }

  @Test
  void anEventComesEncryptedAfterALogin() throws Exception {
    start(askingForPassword().startTlsSocketFactory(own).requireTLS());
    send(Encryption.STARTTLS, "regild:" + PASSWORD + "\n", OPS, failed("golden-2"));
    MimeMessage mail = received.getFirst();
    assertThat(mail.getSubject()).isEqualTo("[regild] image.update-failed: golden-2");
    assertThat(mail.getFrom()[0]).hasToString("regild@example.com");
    assertThat(mail.getAllRecipients()).hasSize(1);
    assertThat(mail.getAllRecipients()[0]).hasToString("ops@example.com");
    assertThat(mail.getMessageID())
        .as("the same if it comes twice")
        .isEqualTo("<0b5c5f0a-0000-4000-8000-000000000001@example.com>");
    assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    assertThat(mail.getSentDate()).isEqualTo(Date.from(NOW.minusSeconds(3)));
    assertThat(mail.getContent().toString().replace("\r", ""))
        .isEqualTo(
            """
            event: image.update-failed
            subject: golden-2
            time: 2026-03-01T01:59:57Z
            account: 111111111111
            region: eu-central-1
            existingImage: golden
            reason: dpkg: ünbekannt
              second line
            id: 0b5c5f0a-0000-4000-8000-000000000001
            """);
    assertThat(logins).containsExactly("regild");
  }

  @Test
  void aConnectionIsEncryptedFromItsFirstByteWhereThatIsWanted() throws Exception {
    start(takingMail().serverSocketFactory(own));
    send(Encryption.TLS, "", OPS, failed("golden-2"));
    assertThat(received).hasSize(1);
  }

  @Test
  void aRelayNearbyNeedsNeither() throws Exception {
    start(takingMail());
    send(Encryption.NONE, "", OPS, failed("golden-2"));
    assertThat(received).hasSize(1);
  }

  @Test
  void nobodyTalksItOutOfEncryption() {
    start(askingForPassword());
    assertThatThrownBy(
            () -> send(Encryption.STARTTLS, "regild:" + PASSWORD, OPS, failed("golden-2")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("The mail server localhost did not take it: STARTTLS is required");
    assertThat(logins).isEmpty();
    assertThat(received).isEmpty();
  }

  @Test
  void aCertificateOfSomebodyElseIsNotTrusted() {
    start(askingForPassword().startTlsSocketFactory(foreign).enableTLS());
    assertThatThrownBy(
            () -> send(Encryption.STARTTLS, "regild:" + PASSWORD, OPS, failed("golden-2")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("did not take it");
    assertThat(logins).isEmpty();
  }

  @Test
  void aCertificateForAnotherNameIsNotTrusted() {
    start(askingForPassword().startTlsSocketFactory(own).enableTLS());
    assertThatThrownBy(() ->
            new Mails(
                    at(
                        "127.0.0.1",
                        server.getPortAllocated(),
                        Encryption.STARTTLS,
                        "regild:" + PASSWORD))
                .send(OPS, new byte[0], recorded(failed("golden-2")), NOW))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("The mail server 127.0.0.1 did not take it");
    assertThat(logins).isEmpty();
  }

  @Test
  void aWrongPasswordIsNotRepeated() {
    start(askingForPassword().startTlsSocketFactory(own).requireTLS());
    assertThatThrownBy(() -> send(Encryption.STARTTLS, "regild:canary", OPS, failed("golden-2")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("535")
        .hasMessageNotContaining("canary");
  }

  @Test
  void credentialsThatCanNotBeReadAreNamed() throws Exception {
    start(takingMail());
    assertThatThrownBy(() -> send(Encryption.TLS, "regild", OPS, failed("golden-2")))
        .hasMessageEndingWith(
            "credentials has no line USER:PASSWORD. The operator has to write it.");
    MailServer nowhere = at("localhost", server.getPortAllocated(), Encryption.TLS, "u:p");
    Files.delete(directory.resolve("credentials"));
    assertThatThrownBy(
            () -> new Mails(nowhere).send(OPS, new byte[0], recorded(failed("golden-2")), NOW))
        .hasMessageContaining("credentials can't be read (NoSuchFileException)");
  }

  @Test
  void whatTheServerSaysOfARecipientIsTheReason() {
    start(takingMail());
    assertThatThrownBy(() ->
            send(Encryption.NONE, "", URI.create("mailto:gone@example.com"), failed("golden-2")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessageContaining("No such user here");
  }

  @Test
  void anEventCanAddNoHeader() throws Exception {
    start(takingMail());
    send(Encryption.NONE, "", OPS, failed("golden\r\nBcc: all@example.com\u2028X: 1"));
    MimeMessage mail = received.getFirst();
    assertThat(mail.getSubject())
        .isEqualTo("[regild] image.update-failed: golden Bcc: all@example.com X: 1");
    assertThat(mail.getHeader("Bcc")).isNull();
    assertThat(mail.getAllRecipients()).hasSize(1);
  }

  @Test
  void nobodyHasItWriteToStrangers() {
    start(takingMail());
    assertThatThrownBy(() ->
            send(
                Encryption.NONE,
                "",
                URI.create("mailto:someone@elsewhere.example"),
                failed("golden-2")))
        .isInstanceOf(FailedDeliveryException.class)
        .hasMessage(
            "E-mail to someone@elsewhere.example is not allowed. The operator can allow its domain"
                + " with the key mail.domains.");
    assertThat(received).isEmpty();
  }

  @Test
  void aServerThatNeverAnswersOrNeverEndsIsLeft() throws Exception {
    for (boolean talks : List.of(false, true)) {
      try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
        Thread talker = Thread.startVirtualThread(() -> talk(silent, talks));
        Mails mails =
            new Mails(
                at("localhost", silent.getLocalPort(), Encryption.NONE, ""),
                Duration.ofMillis(500));
        assertThatThrownBy(() -> mails.send(OPS, new byte[0], recorded(failed("golden-2")), NOW))
            .isInstanceOf(FailedDeliveryException.class)
            .hasMessage("The mail server localhost did not take it within 0 s.");
        assertThat(talker.join(Duration.ofMinutes(2))).as("the connection was ended").isTrue();
      }
    }
  }

  /** Accepts a connection, and perhaps greets without an end, until the client has left. */
  private static void talk(ServerSocket server, boolean talks) {
    try (Socket client = server.accept()) {
      OutputStream out = client.getOutputStream();
      while (talks) {
        out.write("220-welcome\r\n".getBytes(UTF_8));
        Thread.sleep(1);
      }
      while (client.getInputStream().read() >= 0) {
        // Until the end.
      }
    } catch (IOException | InterruptedException e) {
      // It has left.
    }
  }
}
