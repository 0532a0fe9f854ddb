package dev.regild.disk.upload;

/**
 * How many disks an account may keep on the server, uploaded and exported ones together.
 *
 * @param disks their number
 * @param bytes of their files together
 */
public record DiskQuota(int disks, long bytes) {}
