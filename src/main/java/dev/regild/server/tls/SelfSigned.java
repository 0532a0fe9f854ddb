package dev.regild.server.tls;

import dev.regild.files.DurableFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/**
 * A certificate that a server issues itself, with the names and addresses of its host. Its file is
 * what clients on other machines trust, so it stays the same for as long as it is valid.
 */
final class SelfSigned {
  /** The longest that some clients accept. */
  private static final Duration VALID = Duration.ofDays(825);

  /** Some clients' clocks are behind. */
  private static final Duration SINCE = Duration.ofDays(1);

  private static final int SERIAL_BITS = 127;
  private static final Pattern HOST_NAME =
      Pattern.compile("(?!-)[A-Za-z0-9-]{1,63}(\\.(?!-)[A-Za-z0-9-]{1,63}){0,20}");

  private SelfSigned() {}

  /** Makes a key and a certificate for this host, and writes both. */
  static void write(Path certificate, Path key, Clock clock) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      // The key first: a certificate without it would be taken for a whole pair.
      writePem(key, "PRIVATE KEY", pair.getPrivate().getEncoded());
      writePem(certificate, "CERTIFICATE", issued(pair, clock.instant()).getEncoded());
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("a certificate can't be made: " + e, e);
    }
  }

  private static X509Certificate issued(KeyPair pair, Instant now)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    X500Name name = new X500Name("CN=Regild");
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(SERIAL_BITS, new SecureRandom()).add(BigInteger.ONE),
            Date.from(now.minus(SINCE)),
            Date.from(now.plus(VALID).truncatedTo(ChronoUnit.SECONDS)),
            name,
            pair.getPublic());
    builder.addExtension(Extension.subjectAlternativeName, false, names());
    // Clients take it for an authority of its own: it is in the file that they are told to trust.
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    X509CertificateHolder holder =
        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
    return new JcaX509CertificateConverter().getCertificate(holder);
  }

  private static GeneralNames names() throws IOException {
    Set<GeneralName> names = new LinkedHashSet<>();
    names.add(new GeneralName(GeneralName.dNSName, "localhost"));
    hostName().ifPresent(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
    NetworkInterface.networkInterfaces()
        .flatMap(network -> network.getInterfaceAddresses().stream())
        .map(InterfaceAddress::getAddress)
        .map(SelfSigned::text)
        .distinct()
        .forEach(address -> names.add(new GeneralName(GeneralName.iPAddress, address)));
    return new GeneralNames(names.toArray(GeneralName[]::new));
  }

  /** The kernel's name of this host: a resolver that is asked for it may take long to answer. */
  private static Optional<String> hostName() {
    try {
      String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
      return Optional.of(name).filter(it -> HOST_NAME.matcher(it).matches());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String text(InetAddress address) {
    String text = address.getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  private static void writePem(Path file, String type, byte[] content) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(type, content));
    }
    DurableFiles.write(file, text.toString());
  }
}
