package dev.regild.cli.client;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** Whose certificates a command accepts of a server. */
final class ServerTrust {
  private static final KeyManager[] NO_KEYS = {};

  private ServerTrust() {}

  /** Accepts the certificates in a PEM file, and those that they have issued. */
  static SSLContext only(Path file) throws IOException {
    return context(Optional.of(certificates(file)));
  }

  /**
   * Accepts the certificates of a bundle and the one that a server on this machine has made itself.
   *
   * @param bundle empty for those that Java trusts
   * @param own the server's, which may be missing
   */
  static SSLContext usual(Optional<Path> bundle, Path own) throws IOException {
    try {
      List<X509Certificate> all =
          new ArrayList<>(
              bundle.isPresent() ? certificates(bundle.get()) : TlsContext.trustedByJava());
      if (Files.isReadable(own)) {
        all.addAll(certificates(own));
      }
      return context(Optional.of(all));
    } catch (GeneralSecurityException e) {
      throw new IOException("Java's certificates can't be read: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> certificates(Path file) throws IOException {
    try {
      return PemFile.read(file).certificates();
    } catch (FetchException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static SSLContext context(Optional<List<X509Certificate>> authorities)
      throws IOException {
    try {
      return TlsContext.of(NO_KEYS, authorities);
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS can't be used: " + e.getMessage(), e);
    }
  }
}
