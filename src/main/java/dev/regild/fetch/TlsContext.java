package dev.regild.fetch;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Contexts in which TLS is spoken. */
public final class TlsContext {
  private static final char[] NO_PASSWORD = {};

  private TlsContext() {}

  /** What shows a certificate to the other side. */
  public static KeyManager[] keys(PrivateKey key, List<X509Certificate> chain)
      throws GeneralSecurityException, IOException {
    KeyStore own = emptyStore();
    own.setKeyEntry("own", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    return keys.getKeyManagers();
  }

  /**
   * A context.
   *
   * @param keys what to show to the other side; none for nothing
   * @param authorities who must have issued its certificate; empty for those that Java trusts
   */
  public static SSLContext of(KeyManager[] keys, Optional<List<X509Certificate>> authorities)
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

  /** Those whose certificates Java trusts. */
  public static List<X509Certificate> trustedByJava() throws GeneralSecurityException {
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init((KeyStore) null);
    return Arrays.stream(trusted.getTrustManagers())
        .filter(X509TrustManager.class::isInstance)
        .map(X509TrustManager.class::cast)
        .flatMap(it -> Arrays.stream(it.getAcceptedIssuers()))
        .toList();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }
}
