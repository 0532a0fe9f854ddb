package dev.regild.channel;

import java.net.URI;

/**
 * One package file of a snapshot's repositories, as the signed indexes describe it.
 *
 * @param uri where it is
 * @param fileName the name under which apt looks for it in its archives directory: {@code
 *     bash_5.2.15-2+b7_amd64.deb}
 * @param size bytes
 * @param sha256 lower-case hexadecimal
 */
public record PackageFile(URI uri, String fileName, long size, String sha256) {}
