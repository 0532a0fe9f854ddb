package dev.regild.account;

/**
 * Somebody whom an OpenID Connect provider vouches for.
 *
 * @param issuer the provider
 * @param subject what the provider calls the person, once and for all
 * @param name what people call the person, as of the last login
 */
public record Person(String issuer, String subject, String name) {}
