package dev.regild.server.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificates by which a server proves to an ACME authority that a name is its own
 * (tls-alpn-01, RFC 8737). Only who asks for that protocol sees one, on the server's usual port.
 */
final class AcmeChallenges {
  /** What the authority asks for in place of HTTP. */
  static final String PROTOCOL = "acme-tls/1";

  private static final String ALIAS = "acme:";

  private final Map<String, Proof> proofs = new ConcurrentHashMap<>();

  private record Proof(PrivateKey key, X509Certificate certificate) {}

  /** Shows a certificate to who asks for the name, until {@link #clear}. */
  void show(String name, PrivateKey key, X509Certificate certificate) {
    proofs.put(ALIAS + name, new Proof(key, certificate));
  }

  void clear() {
    proofs.clear();
  }

  boolean areShown() {
    return !proofs.isEmpty();
  }

  /** Returns keys that show a challenge's certificate, or else the server's own. */
  X509ExtendedKeyManager before(X509ExtendedKeyManager own) {
    return new Keys(own);
  }

  private final class Keys extends X509ExtendedKeyManager {
    private final X509ExtendedKeyManager own;

    Keys(X509ExtendedKeyManager own) {
      this.own = own;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      if (PROTOCOL.equals(engine.getHandshakeApplicationProtocol())) {
        String alias = ALIAS + requestedName(engine);
        Proof proof = proofs.get(alias);
        return proof != null && keyType.equals(proof.key().getAlgorithm()) ? alias : null;
      }
      return own.chooseEngineServerAlias(keyType, issuers, engine);
    }

    private static String requestedName(SSLEngine engine) {
      return engine.getHandshakeSession() instanceof ExtendedSSLSession session
          ? session.getRequestedServerNames().stream()
              .filter(SNIHostName.class::isInstance)
              .map(name -> ((SNIHostName) name).getAsciiName())
              .findFirst()
              .orElse("")
          : "";
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      Proof proof = proofs.get(alias);
      return proof == null
          ? own.getCertificateChain(alias)
          : new X509Certificate[] {proof.certificate()};
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      Proof proof = proofs.get(alias);
      return proof == null ? own.getPrivateKey(alias) : proof.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return own.getServerAliases(keyType, issuers);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, Socket socket) {
      return own.chooseServerAlias(keyType, issuers, socket);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }
  }
}
