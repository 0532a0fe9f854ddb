package dev.regild.disk;

import java.time.Instant;

/**
 * A disk as somebody sent it, of a format that is known, but not yet checked any further.
 *
 * @param id in the form of an AMI id: {@code ami-} and 17 lower-case hexadecimal digits
 * @param format as its first bytes tell
 * @param bytes the size of the file
 * @param sha256 of the file, lower-case hexadecimal
 * @param received when its last byte had come
 */
public record UploadedDisk(
    String id, DiskFormat format, long bytes, String sha256, Instant received) {}
