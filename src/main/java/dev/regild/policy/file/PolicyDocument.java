package dev.regild.policy.file;

import tools.jackson.databind.JsonNode;

/**
 * One policy of a file.
 *
 * @param kind {@code Schedule}
 * @param name unique for its owner and kind
 * @param file that it is in
 */
public record PolicyDocument(String kind, String name, JsonNode spec, PolicyFile file) {}
