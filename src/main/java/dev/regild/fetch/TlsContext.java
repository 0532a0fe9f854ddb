package dev.regild.fetch;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Contexts in which TLS is spoken with the servers of repositories. */
final class TlsContext {
  private static final char[] NO_PASSWORD = {};

  private TlsContext() {}

  /** What shows a certificate to a server that wants one. */
  static KeyManager[] keys(PrivateKey key, List<X509Certificate> chain)
      throws GeneralSecurityException, IOException {
    KeyStore own = emptyStore();
    own.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    return keys.getKeyManagers();
  }

  /**
   * A context.
   *
   * @param keys what to show to a server; none for nothing
   * @param authorities who must have issued its certificate; empty for those that Java trusts
   */
  static SSLContext of(KeyManager[] keys, Optional<List<X509Certificate>> authorities)
      throws GeneralSecurityException, IOException {
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
    context.init(keys, trusted.getTrustManagers(), null);
    return context;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }
}
