package dev.regild.api;

/**
 * Who sent a request, and to which region.
 *
 * @param accountId 12 digits
 * @param region as in the signature's scope: {@code us-east-1}
 */
public record Caller(String accountId, String region) {}
