package dev.regild.rpm;

import dev.regild.channel.Kept;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Which packages belong to which streams of modules, as the repositories' modules indexes say: one
 * YAML document ({@code modulemd} 2, {@code modulemd-defaults} 1) after the other. A stream is
 * written {@code nodejs:10}.
 */
final class ModuleStreams {
  /** {@code nodejs-1:10.24.0-1.module+el8.x86_64}, the epoch always written. */
  private static final Pattern ARTIFACT =
      Pattern.compile("(.+)-(\\d+):([^-:]+)-([^-:]+)\\.([^.:-]+)");

  /** Of all of a distribution: far more than the 3 MiB that are the default. */
  private static final ObjectReader DOCUMENTS =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .loadSettings(LoadSettings.builder().setCodePointLimit(1 << 30).build())
                  .build())
          .build()
          .readerFor(Document.class);

  private final Kept kept = new Kept("packages in streams of modules", 1_000_000);
  private final Map<Artifact, List<String>> streams = new HashMap<>();
  private final Map<String, Set<String>> names = new HashMap<>();
  private final Map<String, String> defaults = new HashMap<>();

  private record Artifact(String name, String version, String architecture) {}

  private record Document(@Nullable String document, @Nullable Body data) {}

  private record Body(
      @Nullable String name,
      @Nullable String module,
      @Nullable String stream,
      @Nullable Artifacts artifacts) {}

  private record Artifacts(@Nullable List<@Nullable String> rpms) {}

  /**
   * Adds what an index says.
   *
   * @param modules uncompressed, its SHA-256 verified
   * @throws IOException if it is malformed
   */
  void add(InputStream modules) throws IOException {
    try (MappingIterator<Document> documents = DOCUMENTS.readValues(modules)) {
      while (documents.hasNext()) {
        add(documents.next());
      }
    } catch (JacksonException e) {
      throw new IOException("it is not an index of modules: " + e.getOriginalMessage(), e);
    }
  }

  private void add(@Nullable Document document) throws IOException {
    if (document == null || document.data() == null || document.data().stream() == null) {
      return;
    }
    Body body = document.data();
    if ("modulemd-defaults".equals(document.document()) && body.module() != null) {
      defaults.put(body.module(), body.stream());
    } else if ("modulemd".equals(document.document())
        && body.name() != null
        && body.artifacts() != null
        && body.artifacts().rpms() != null) {
      add(body.name() + ":" + body.stream(), body.artifacts().rpms());
    }
  }

  private void add(String stream, Collection<@Nullable String> artifacts) throws IOException {
    kept.add(artifacts.size());
    for (@Nullable String text : artifacts) {
      if (text == null) {
        continue;
      }
      Matcher artifact = ARTIFACT.matcher(text);
      if (artifact.matches()) {
        String name = artifact.group(1);
        String version = RpmVersion.of(artifact.group(2), artifact.group(3), artifact.group(4));
        List<String> those =
            streams.computeIfAbsent(
                new Artifact(name, version, artifact.group(5)), each -> new ArrayList<>(1));
        if (!those.contains(stream)) {
          those.add(stream);
        }
        names.computeIfAbsent(stream, each -> new HashSet<>()).add(name);
      }
    }
  }

  /** The streams that a package is part of; none for one that is of no module. */
  List<String> of(String name, String version, String architecture) {
    return streams.getOrDefault(new Artifact(name, version, architecture), List.of());
  }

  /**
   * What counts in an image: the stream that it has enabled of each module, else the module's
   * default.
   *
   * @param chosen the stream of each module that the image has chosen, empty for one that it has
   *     disabled
   */
  Active active(Map<String, String> chosen) {
    Map<String, String> all = new HashMap<>(defaults);
    all.putAll(chosen);
    Set<String> active = new LinkedHashSet<>();
    Set<String> activeNames = new HashSet<>();
    all.forEach((module, stream) -> {
      if (!stream.isEmpty()) {
        active.add(module + ":" + stream);
        activeNames.addAll(names.getOrDefault(module + ":" + stream, Set.of()));
      }
    });
    return new Active(active, activeNames);
  }

  /**
   * The streams that count.
   *
   * @param streams those
   * @param names of the packages in them, of which no others count
   */
  record Active(Set<String> streams, Set<String> names) {
    public Active {
      streams = Set.copyOf(streams);
      names = Set.copyOf(names);
    }

    /** Whether a package of that name, in these streams, can be installed. */
    boolean admits(String name, List<String> of) {
      return of.isEmpty() ? !names.contains(name) : of.stream().anyMatch(streams::contains);
    }
  }
}
