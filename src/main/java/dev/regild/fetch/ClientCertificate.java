package dev.regild.fetch;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a repository knows its clients by, as PEM files; dnf's {@code sslclientcert}, {@code
 * sslclientkey} and {@code sslcacert}.
 *
 * @param certificate and those that it is issued by, if the server wants them
 * @param key its private key, not encrypted
 * @param authority whom the server's own certificate must be issued by; empty for those that Java
 *     trusts
 */
public record ClientCertificate(Path certificate, Path key, Optional<Path> authority) {}
