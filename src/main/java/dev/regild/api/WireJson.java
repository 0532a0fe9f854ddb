package dev.regild.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * JSON as the protocol has it: absent members are left out, unknown ones ignored, a time is a
 * number of seconds since the epoch with three decimals.
 */
final class WireJson {
  /** One for all protocols: it keeps what it has found out about each class. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .changeDefaultPropertyInclusion(
              value -> value.withValueInclusion(JsonInclude.Include.NON_ABSENT))
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          // A start would wait for the readers of requests that nobody has sent yet.
          .disable(DeserializationFeature.EAGER_DESERIALIZER_FETCH)
          .addModule(new SimpleModule().addSerializer(Instant.class, new EpochSeconds()))
          .build();

  /**
   * The JSON value of a request's body.
   *
   * @throws ApiException SerializationException if it is not JSON, or is nested deeper than Jackson
   *     reads
   */
  JsonNode read(byte[] body) {
    if (body.length == 0) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The request has no body; send a JSON object, at least {}.");
    }
    try {
      return MAPPER.readTree(body);
    } catch (JacksonException e) {
      String where =
          Optional.ofNullable(e.getLocation())
              .map(at -> ": line %d, column %d".formatted(at.getLineNr(), at.getColumnNr()))
              .orElse("");
      throw new ApiException(
          ErrorType.SERIALIZATION, "The request's body is not valid JSON" + where + ".");
    }
  }

  /** Makes an operation's request of a JSON value that has its shape. */
  ObjectReader readerOfRequests(Operation<?> operation) {
    JavaType type = MAPPER.constructType(operation.getClass());
    return MAPPER.readerFor(MAPPER.getTypeFactory().findTypeParameters(type, Operation.class)[0]);
  }

  byte[] write(Object answer) {
    return MAPPER.writeValueAsBytes(answer);
  }

  private static final class EpochSeconds extends ValueSerializer<Instant> {
    @Override
    public void serialize(Instant value, JsonGenerator generator, SerializationContext context) {
      generator.writeNumber(BigDecimal.valueOf(value.toEpochMilli(), 3));
    }
  }
}
