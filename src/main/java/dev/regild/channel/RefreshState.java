package dev.regild.channel;

import dev.regild.fetch.Validators;
import dev.regild.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is remembered of a channel's refreshes.
 *
 * @param attemptedAt when the last one ended
 * @param checkedAt when the last good one ended
 * @param error why the last one failed
 * @param validators of the Release files, by URI
 * @param notices of the last good one
 */
record RefreshState(
    Optional<Instant> attemptedAt,
    Optional<Instant> checkedAt,
    Optional<String> error,
    Map<String, Validators> validators,
    List<String> notices) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final RefreshState NONE =
      new RefreshState(Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), List.of());

  RefreshState {
    validators = Map.copyOf(validators);
    // A state that was written before there were notices has none.
    notices = notices == null ? List.of() : List.copyOf(notices);
  }

  static RefreshState read(Path file) throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(file), RefreshState.class);
    } catch (NoSuchFileException | JacksonException e) {
      // It only saves work: without it, the next refresh asks unconditionally.
      return NONE;
    }
  }

  void write(Path file) throws IOException {
    DurableFiles.write(file, JSON.writeValueAsString(this));
  }

  RefreshState succeeded(Instant at, Map<String, Validators> now, List<String> said) {
    return new RefreshState(Optional.of(at), Optional.of(at), Optional.empty(), now, said);
  }

  RefreshState failed(Instant at, String why) {
    return new RefreshState(Optional.of(at), checkedAt, Optional.of(why), validators, notices);
  }
}
