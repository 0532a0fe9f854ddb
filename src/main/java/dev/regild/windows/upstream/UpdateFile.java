package dev.regild.windows.upstream;

/**
 * A file of an update: a {@code .cab} or a {@code .msu} that is complete in itself.
 *
 * @param name as the document has it
 * @param size bytes
 * @param sha1 by which servers know it, in base 64
 * @param sha256 in lower-case hexadecimal; empty if the document has none
 * @param microsoft where Microsoft has it; empty if the server does not say
 */
record UpdateFile(String name, long size, String sha1, String sha256, String microsoft) {
  UpdateFile at(String url) {
    return new UpdateFile(name, size, sha1, sha256, url);
  }
}
