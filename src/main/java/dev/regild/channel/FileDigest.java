package dev.regild.channel;

/**
 * What a verified document says that a file must be.
 *
 * @param size bytes
 * @param sha256 lower-case hexadecimal
 */
record FileDigest(long size, String sha256) {}
