package dev.regild.policy.line;

import dev.regild.image.Owner;

/**
 * A named succession of images.
 *
 * @param name unique for its owner
 */
public record Line(String id, Owner owner, String name) {}
