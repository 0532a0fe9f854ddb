package dev.regild.policy.file;

import tools.jackson.databind.JsonNode;

/**
 * One policy of a file.
 *
 * @param kind {@code Schedule}
 * @param name unique for its owner and kind
 */
public record PolicyDocument(String kind, String name, JsonNode spec) {}
