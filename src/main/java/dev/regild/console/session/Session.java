package dev.regild.console.session;

import java.time.Instant;

/**
 * A login.
 *
 * @param id names it in lists; it lets nobody in
 * @param keyId the access key that it acts with
 * @param region the region that its pages show
 * @param address where it was logged in from
 * @param browser how the browser named itself
 */
public record Session(
    String id,
    String keyId,
    String region,
    Instant created,
    Instant lastSeen,
    String address,
    String browser) {}
