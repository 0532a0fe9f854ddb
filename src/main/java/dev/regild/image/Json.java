package dev.regild.image;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The JSON that the registry's columns hold. */
public final class Json {
  /**
   * Records are their components: what else they can say ({@code isEmpty}) isn't stored. A truth
   * value that was not there when a text was stored is false.
   */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  /** Bounded by the length of the texts, since a catalogue of applications may have some. */
  private static final Cache<Decoded, Object> SHARED =
      Caffeine.newBuilder()
          .maximumWeight(4 << 20)
          .weigher((Decoded key, Object _) -> key.json.length())
          .build();

  private record Decoded(String json, Class<?> type) {}

  private Json() {}

  public static String write(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  static byte[] writeBytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  public static <T> T read(String json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  /** Reads an immutable value that many rows have alike: it is decoded once. */
  static <T> T readShared(String json, Class<T> type) {
    return type.cast(
        SHARED.get(new Decoded(json, type), key -> MAPPER.readValue(key.json, key.type)));
  }

  public static <T> T read(byte[] json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  /** A map of texts, in the order of its keys. */
  public static Map<String, String> readTexts(String json) {
    return MAPPER.readValue(json, new TypeReference<TreeMap<String, String>>() {});
  }

  /** A list of immutable values, decoded as by {@link #readShared}. */
  static <T> List<T> readList(String json, Class<T[]> type) {
    return List.of(readShared(json, type));
  }
}
