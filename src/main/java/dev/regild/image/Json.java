package dev.regild.image;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The JSON that the registry's columns hold. */
final class Json {
  /**
   * Records are their components: what else they can say ({@code isEmpty}) isn't stored. A truth
   * value that was not there when a text was stored is false.
   */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  private Json() {}

  static String write(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  static byte[] writeBytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  static <T> T read(String json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  static <T> T read(byte[] json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  static <T> Optional<T> readOptional(@Nullable String json, Class<T> type) {
    return Optional.ofNullable(json).map(text -> read(text, type));
  }

  /** A map of texts, in the order of its keys. */
  static Map<String, String> readTexts(String json) {
    return MAPPER.readValue(json, new TypeReference<TreeMap<String, String>>() {});
  }

  static <T> List<T> readList(String json, Class<T[]> type) {
    return List.of(MAPPER.readValue(json, type));
  }
}
