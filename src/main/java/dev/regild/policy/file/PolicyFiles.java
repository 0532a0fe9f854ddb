package dev.regild.policy.file;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyKind;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Compares policies in YAML with those of the registry, and makes the registry's equal: all of a
 * file or nothing. Applied twice, nothing changes the second time.
 */
public final class PolicyFiles {
  private static final int MOST = 10_000;
  private static final int DEEPEST = 20;

  /** It writes all texts in quotes: some names would be read as numbers without. */
  private static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final Database database;
  private final Map<String, PolicyKind> kinds = new LinkedHashMap<>();
  private final Clock clock;

  public PolicyFiles(Database database, List<PolicyKind> kinds, Clock clock) {
    this.database = database;
    this.clock = clock;
    kinds.forEach(kind -> this.kinds.put(kind.kind(), kind));
  }

  /**
   * Reads the documents of a text in YAML.
   *
   * @throws InvalidPolicyException if it is not YAML, or one is not a policy
   */
  public List<PolicyDocument> read(String yaml) {
    return read(List.of(new PolicyFile("", yaml)));
  }

  /**
   * Reads the documents of files.
   *
   * @throws InvalidPolicyException if one of them is not YAML, or has a document that is not a
   *     policy, or that another one has; it names the file, and the line or the document in it
   */
  public List<PolicyDocument> read(List<PolicyFile> files) {
    Map<String, PolicyDocument> documents = new LinkedHashMap<>();
    for (PolicyFile file : files) {
      read(file, documents);
    }
    return List.copyOf(documents.values());
  }

  private void read(PolicyFile file, Map<String, PolicyDocument> documents) {
    try (MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(file.yaml())) {
      for (int number = 1; all.hasNext(); ) {
        JsonNode each = all.next();
        if (each == null || each.isNull() || each.isMissingNode()) {
          continue;
        }
        add(document(each, number++, file), documents);
      }
    } catch (JacksonException e) {
      throw new InvalidPolicyException(
          file.about(
              "This is not YAML: %s (line %d)."
                  .formatted(problem(e), e.getLocation().getLineNr())));
    }
  }

  /** Returns what the reader says, without the excerpts of the text that it adds. */
  private static String problem(JacksonException e) {
    return e.getOriginalMessage()
        .lines()
        .filter(line -> !line.startsWith(" "))
        .collect(joining(", "));
  }

  private static void add(PolicyDocument document, Map<String, PolicyDocument> documents) {
    PolicyDocument other = documents.putIfAbsent(document.kind() + " " + document.name(), document);
    if (other != null) {
      throw new InvalidPolicyException(
          document
              .file()
              .about(
                  "%s %s %s. Remove one of them."
                      .formatted(
                          document.kind(),
                          document.name(),
                          other.file().equals(document.file())
                              ? "occurs twice"
                              : "is in %s, too".formatted(other.file().name()))));
    }
    if (documents.size() > MOST) {
      throw new InvalidPolicyException(
          "There are more than %d policies. Apply them in several parts.".formatted(MOST));
    }
  }

  private PolicyDocument document(JsonNode node, int number, PolicyFile file) {
    try {
      return document(node, file);
    } catch (InvalidPolicyException e) {
      throw new InvalidPolicyException(
          file.about("Document %d %s".formatted(number, e.explanation())));
    }
  }

  /** The messages continue a sentence that begins with the document. */
  private PolicyDocument document(JsonNode node, PolicyFile file) {
    if (!node.isObject()) {
      throw new InvalidPolicyException("is not a policy. Write kind, name and spec.");
    }
    for (String key : node.propertyNames()) {
      if (!Set.of("kind", "name", "spec").contains(key)) {
        throw new InvalidPolicyException(
            "has the unknown key %s. Write kind, name and spec.".formatted(key));
      }
    }
    String kind = node.path("kind").asString("");
    String name = node.path("name").asString("");
    if (!kinds.containsKey(kind)) {
      throw new InvalidPolicyException(
          "has the kind '%s'. It must be one of %s."
              .formatted(kind, String.join(", ", kinds.keySet())));
    }
    if (name.isEmpty()) {
      throw new InvalidPolicyException("is a %s without a name. Add it.".formatted(kind));
    }
    if (!node.path("name").isString()) {
      // YAML makes 1.1 of 1.10, so it can't be taken as it is.
      throw new InvalidPolicyException(
          "is a %s with the name %s, which YAML does not read as a text. Put it into quotes."
              .formatted(kind, name));
    }
    return new PolicyDocument(kind, name, node.path("spec"), file);
  }

  /**
   * Returns what is different.
   *
   * @param prune whether policies that the documents do not have are removed
   * @throws InvalidPolicyException if a document can't be a policy
   */
  public List<PolicyChange> diff(Owner owner, List<PolicyDocument> documents, boolean prune) {
    Map<String, Map<String, Map<String, Object>>> wanted = canonical(documents);
    return database.read(handle -> changes(handle, owner, wanted, prune));
  }

  /**
   * Makes the registry's policies those of the documents, all or none.
   *
   * @param prune whether policies that the documents do not have are removed
   * @return what has changed
   * @throws InvalidPolicyException if a document can't be a policy, or policies contradict each
   *     other
   */
  public List<PolicyChange> apply(Owner owner, List<PolicyDocument> documents, boolean prune) {
    Map<String, Map<String, Map<String, Object>>> wanted = canonical(documents);
    // What does not change was looked at when it was given: its host may be away just now.
    for (PolicyChange each : database.read(handle -> changes(handle, owner, wanted, prune))) {
      each.after().ifPresent(spec -> kind(each).requirePossible(each.name(), spec));
    }
    return database.inTransaction(handle -> {
      Instant now = clock.instant();
      List<PolicyChange> changes = changes(handle, owner, wanted, prune);
      // First what goes: what takes its place may contradict it.
      for (PolicyChange each : changes) {
        if (each.after().isEmpty()) {
          kind(each).remove(handle, owner, each.name());
        }
      }
      for (PolicyChange each : changes) {
        each.after().ifPresent(spec -> kind(each).put(handle, owner, each.name(), spec, now));
      }
      Map<String, List<String>> changed =
          changes.stream()
              .collect(groupingBy(PolicyChange::kind, mapping(PolicyChange::name, toList())));
      changed.forEach((word, names) -> kind(word).requireConsistent(handle, owner, names));
      return changes;
    });
  }

  private PolicyKind kind(PolicyChange change) {
    return kind(change.kind());
  }

  private PolicyKind kind(String word) {
    return Optional.ofNullable(kinds.get(word)).orElseThrow();
  }

  private Map<String, Map<String, Map<String, Object>>> canonical(List<PolicyDocument> documents) {
    Map<String, Map<String, Map<String, Object>>> canonical = new HashMap<>();
    for (PolicyDocument each : documents) {
      canonical
          .computeIfAbsent(each.kind(), _ -> new TreeMap<>())
          .put(each.name(), canonical(each));
    }
    canonical.forEach((word, wanted) -> kind(word).requireCompatible(wanted));
    return canonical;
  }

  private Map<String, Object> canonical(PolicyDocument document) {
    try {
      return kind(document.kind()).canonical(document.name(), document.spec());
    } catch (InvalidPolicyException e) {
      throw new InvalidPolicyException(document.file().about(e.explanation()));
    }
  }

  private List<PolicyChange> changes(
      Handle handle,
      Owner owner,
      Map<String, Map<String, Map<String, Object>>> wanted,
      boolean prune) {
    List<PolicyChange> changes = new ArrayList<>();
    kinds.forEach((word, kind) -> {
      Map<String, Map<String, Object>> present = kind.all(handle, owner);
      Map<String, Map<String, Object>> its = wanted.getOrDefault(word, Map.of());
      its.forEach((name, spec) -> {
        Optional<Map<String, Object>> before = Optional.ofNullable(present.get(name));
        if (!before.equals(Optional.of(spec))) {
          changes.add(new PolicyChange(word, name, before, Optional.of(spec)));
        }
      });
      if (prune) {
        present.forEach((name, spec) -> {
          if (!its.containsKey(name)) {
            changes.add(new PolicyChange(word, name, Optional.of(spec), Optional.empty()));
          }
        });
      }
    });
    return changes;
  }

  /** Returns all policies of an owner as YAML that can be applied. */
  public String export(Owner owner) {
    StringBuilder yaml = new StringBuilder();
    database.read(handle -> {
      kinds.forEach((word, kind) ->
          kind.all(handle, owner)
              .forEach((name, spec) -> {
                Map<String, Object> document = new LinkedHashMap<>();
                document.put("kind", word);
                document.put("name", name);
                document.put("spec", spec);
                yaml.append(YAML.writeValueAsString(document));
              }));
      return true;
    });
    return yaml.toString();
  }
}
