package dev.regild.fetch;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** A client certificate that was read. */
final class ClientIdentity {
  private final String channel;
  private final Instant validUntil;
  private final KeyManager[] keys;
  private final Optional<List<X509Certificate>> authorities;

  private ClientIdentity(
      String channel,
      Instant validUntil,
      KeyManager[] keys,
      Optional<List<X509Certificate>> authorities) {
    this.channel = channel;
    this.validUntil = validUntil;
    this.keys = keys;
    this.authorities = authorities;
  }

  /**
   * Reads the files.
   *
   * @throws FetchException if they are malformed, or don't belong together
   */
  static ClientIdentity of(String channel, ClientCertificate files) throws FetchException {
    List<X509Certificate> chain = PemFile.read(files.certificate()).certificates();
    PrivateKey key = PemFile.read(files.key()).key();
    Optional<List<X509Certificate>> authorities = Optional.empty();
    if (files.authority().isPresent()) {
      authorities = Optional.of(PemFile.read(files.authority().get()).certificates());
    }
    try {
      X509Certificate own = chain.getFirst();
      if (!belongTogether(own.getPublicKey(), key)) {
        throw new FetchException(
            files.key() + " is not the key of the certificate in " + files.certificate());
      }
      return new ClientIdentity(
          channel, own.getNotAfter().toInstant(), TlsContext.keys(key, chain), authorities);
    } catch (GeneralSecurityException | IOException e) {
      throw new FetchException(
          "the client certificate in " + files.certificate() + " can't be used: " + e.getMessage(),
          e);
    }
  }

  private static boolean belongTogether(PublicKey certified, PrivateKey key)
      throws GeneralSecurityException {
    if (!certified.getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    byte[] probe = {1, 2, 3};
    Signature signature =
        Signature.getInstance(
            switch (key.getAlgorithm()) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> key.getAlgorithm();
            });
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certified);
    signature.update(probe);
    return signature.verify(signed);
  }

  /**
   * Refuses a certificate whose time is over, before its server does so with fewer words.
   *
   * @throws FetchException with its end
   */
  void requireValid() throws FetchException {
    if (validUntil.isBefore(Instant.now())) {
      throw new FetchException(
          "the client certificate of channel '"
              + channel
              + "' expired at "
              + validUntil
              + "; get a new one, then remove the channel and add it again with it");
    }
  }

  /**
   * The context that shows it.
   *
   * @param others who must have issued the server's certificate, if the channel's certificate came
   *     without authorities of its own
   */
  SSLContext context(Optional<List<X509Certificate>> others)
      throws GeneralSecurityException, IOException {
    return TlsContext.of(keys, authorities.or(() -> others));
  }
}
