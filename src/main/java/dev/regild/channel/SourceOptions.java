package dev.regild.channel;

import dev.regild.fetch.Route;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What was said by the options that make sources.
 *
 * @param values by the option's name, in their order; an option without a value has an empty one
 * @param keepsAuthority whether the channel keeps the authority with its client certificate
 * @param leftOut is told of what can't be taken over, a line each
 */
public record SourceOptions(
    Map<String, List<String>> values, boolean keepsAuthority, Consumer<String> leftOut) {
  public SourceOptions {
    values = Map.copyOf(values);
  }

  public boolean has(String option) {
    return values.containsKey(option);
  }

  /** Returns every value of an option. */
  public List<String> all(String option) {
    return values.getOrDefault(option, List.of());
  }

  /** Returns the last value of an option. */
  public Optional<String> last(String option) {
    return all(option).isEmpty() ? Optional.empty() : Optional.of(all(option).getLast());
  }

  /** Returns the file that an option names; empty if it is not there. */
  public String file(String option) {
    return last(option).map(file -> Path.of(file).toAbsolutePath().toString()).orElse("");
  }

  /** Returns how the servers are reached. */
  public Route route() {
    return new Route(
        last(SourceOption.PROXY.name()).orElse(""),
        keepsAuthority ? "" : file(SourceOption.AUTHORITY.name()));
  }
}
