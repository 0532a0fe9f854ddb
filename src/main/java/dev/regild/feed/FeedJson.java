package dev.regild.feed;

import java.io.IOException;
import java.io.InputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON of a feed, read from front to back. Nothing of it is kept but what its reader keeps, and
 * nothing that is too long or too deep is read.
 */
final class FeedJson implements AutoCloseable {
  private static final int LONGEST_TEXT = 4 << 20;
  private static final int LONGEST_NAME = 1024;
  private static final int DEEPEST = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(LONGEST_TEXT)
                  .maxNameLength(LONGEST_NAME)
                  .maxNestingDepth(DEEPEST)
                  .build())
          .build();

  private final JsonParser parser;

  FeedJson(InputStream in) {
    this.parser = JSON.createParser(ObjectReadContext.empty(), in);
  }

  /** Reads JSON. */
  interface Reading {
    void read(FeedJson json) throws IOException, MalformedFeedException;
  }

  /** Reads all of a stream as one value. */
  static void read(InputStream in, Reading reading) throws IOException, MalformedFeedException {
    try (FeedJson json = new FeedJson(in)) {
      json.next();
      reading.read(json);
      if (json.parser.nextToken() != null) {
        throw new MalformedFeedException("there is more after its end");
      }
    } catch (JacksonException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new MalformedFeedException(
          "it is cut short, or not JSON (%s)".formatted(e.getOriginalMessage()), e);
    }
  }

  /** A member of an object, whose value is to be read or skipped. */
  interface Member {
    void read(String name) throws IOException, MalformedFeedException;
  }

  /** A value of an array, which is to be read or skipped. */
  interface Value {
    void read() throws IOException, MalformedFeedException;
  }

  /**
   * Reads the members of the object that begins here.
   *
   * @param what names it for messages
   */
  void object(String what, Member member) throws IOException, MalformedFeedException {
    require(JsonToken.START_OBJECT, what, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      next();
      member.read(name);
    }
  }

  /** Reads the values of the array that begins here. */
  void array(String what, Value value) throws IOException, MalformedFeedException {
    require(JsonToken.START_ARRAY, what, "a list");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      value.read();
    }
  }

  private void require(JsonToken token, String what, String form) throws MalformedFeedException {
    if (parser.currentToken() != token) {
      throw new MalformedFeedException("%s is not %s".formatted(what, form));
    }
  }

  /** Whether a list begins here. */
  boolean isArray() {
    return parser.currentToken() == JsonToken.START_ARRAY;
  }

  /** Whether an object begins here. */
  boolean isObject() {
    return parser.currentToken() == JsonToken.START_OBJECT;
  }

  /** Returns the text that is here; empty for null. */
  String text(String what) throws MalformedFeedException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return "";
    }
    require(JsonToken.VALUE_STRING, what, "a text");
    return parser.getString();
  }

  /** Returns the whole number that is here. */
  long number(String what) throws MalformedFeedException {
    require(JsonToken.VALUE_NUMBER_INT, what, "a whole number");
    return parser.getLongValue();
  }

  /** Passes over the value that is here. */
  void skip() {
    var _ = parser.skipChildren();
  }

  private void next() {
    var _ = parser.nextToken();
  }

  @Override
  public void close() {
    parser.close();
  }
}
