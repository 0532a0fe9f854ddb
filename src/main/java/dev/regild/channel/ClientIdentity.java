package dev.regild.channel;

import java.io.IOException;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A client certificate that was read, and the HTTP client that shows it. */
final class ClientIdentity {
  private static final char[] NO_PASSWORD = {};

  private final String channel;
  private final Instant validUntil;
  private final HttpClient client;

  private ClientIdentity(String channel, Instant validUntil, HttpClient client) {
    this.channel = channel;
    this.validUntil = validUntil;
    this.client = client;
  }

  /**
   * Reads the files.
   *
   * @throws ChannelException if they are malformed, or don't belong together
   */
  static ClientIdentity of(String channel, ClientCertificate files) throws ChannelException {
    List<X509Certificate> chain = PemFile.read(files.certificate()).certificates();
    PrivateKey key = PemFile.read(files.key()).key();
    Optional<List<X509Certificate>> authorities = Optional.empty();
    if (files.authority().isPresent()) {
      authorities = Optional.of(PemFile.read(files.authority().get()).certificates());
    }
    try {
      X509Certificate own = chain.getFirst();
      if (!belongTogether(own.getPublicKey(), key)) {
        throw new ChannelException(
            files.key() + " is not the key of the certificate in " + files.certificate());
      }
      SSLContext context = context(chain, key, authorities);
      return new ClientIdentity(
          channel, own.getNotAfter().toInstant(), Transport.identifiedClient(context));
    } catch (GeneralSecurityException | IOException e) {
      throw new ChannelException(
          "the client certificate in " + files.certificate() + " can't be used: " + e.getMessage(),
          e);
    }
  }

  private static boolean belongTogether(PublicKey certified, PrivateKey key)
      throws GeneralSecurityException {
    if (!certified.getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    byte[] probe = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certified);
    signature.update(probe);
    return signature.verify(signed);
  }

  private static SSLContext context(
      List<X509Certificate> chain, PrivateKey key, Optional<List<X509Certificate>> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore own = emptyStore();
    own.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    if (authorities.isPresent()) {
      KeyStore store = emptyStore();
      for (X509Certificate each : authorities.get()) {
        store.setCertificateEntry("authority" + store.size(), each);
      }
      trusted.init(store);
    } else {
      trusted.init((KeyStore) null);
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  /**
   * Refuses a certificate whose time is over, before its server does so with fewer words.
   *
   * @throws ChannelException with its end
   */
  void requireValid() throws ChannelException {
    if (validUntil.isBefore(Instant.now())) {
      throw new ChannelException(
          "the client certificate of channel '"
              + channel
              + "' expired at "
              + validUntil
              + "; get a new one, then remove the channel and add it again with it");
    }
  }

  HttpClient client() {
    return client;
  }
}
