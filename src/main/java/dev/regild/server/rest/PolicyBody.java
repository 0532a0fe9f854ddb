package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.server.http.OwnAnswers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The JSON of a request about policies. */
record PolicyBody(JsonNode json) {

  /**
   * Reads a body.
   *
   * @throws ApiException SerializationException if it is not a JSON object
   */
  static PolicyBody of(byte[] body) {
    try {
      JsonNode json = OwnAnswers.json().readTree(body);
      if (json != null && json.isObject()) {
        return new PolicyBody(json);
      }
    } catch (JacksonException e) {
      throw notAnObject(e.getOriginalMessage());
    }
    throw notAnObject("it is something else");
  }

  private static ApiException notAnObject(String why) {
    return new ApiException(
        ErrorType.SERIALIZATION, "The body must be a JSON object: %s.".formatted(why));
  }

  /**
   * Returns a text that has to be there.
   *
   * @throws ApiException ValidationException if it is missing
   */
  String text(String member) {
    String text = json.path(member).asString("");
    if (text.isEmpty()) {
      throw new ApiException(
          ErrorType.VALIDATION, "The body has no text '%s'. Add it.".formatted(member));
    }
    return text;
  }
}
