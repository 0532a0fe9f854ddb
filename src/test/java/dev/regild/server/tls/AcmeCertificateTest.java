package dev.regild.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.server.config.Config;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a certificate is due, by what the file has. */
class AcmeCertificateTest {
  @TempDir Path directory;

  private boolean isDue(Optional<String> name) throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=An authority"),
            BigInteger.ONE,
            Date.from(now),
            Date.from(now.plus(Duration.ofDays(90))),
            new X500Name("CN=A server"),
            pair.getPublic());
    if (name.isPresent()) {
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.dNSName, name.get())));
    }
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(
          new PemObject(
              "CERTIFICATE",
              builder
                  .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                  .getEncoded()));
    }
    Files.writeString(AcmeCertificate.file(directory), text.toString());
    Config.Acme settings =
        new Config.Acme(
            URI.create("https://127.0.0.1/dir"),
            List.of("regild.example.com"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return new AcmeCertificate(settings, new AcmeChallenges(), directory, Clock.systemUTC())
        .isDue();
  }

  @Test
  void aCertificateWithoutNamesOrWithOthersIsDue() throws Exception {
    assertThat(isDue(Optional.empty())).isTrue();
    assertThat(isDue(Optional.of("other.example.com"))).isTrue();
    assertThat(isDue(Optional.of("Regild.example.com"))).isFalse();
  }
}
