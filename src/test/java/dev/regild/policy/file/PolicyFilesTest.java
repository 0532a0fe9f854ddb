package dev.regild.policy.file;

import static dev.regild.image.Registry.ALICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.Owner;
import dev.regild.image.Registry;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyKind;
import dev.regild.policy.schedule.Schedules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PolicyFilesTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;
  private PolicyFiles files;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    Clock clock = Clock.systemUTC();
    files = new PolicyFiles(registry.database, List.of(new Schedules(clock)), clock);
  }

  @Test
  void whatIsExportedCanBeAppliedWhateverItsNamesLookLike() {
    String yaml =
        """
        kind: Schedule
        name: "1.10"
        spec:
          lines: ["2024", "1.10", "1e5", "1.5e3", "1_000", "0x1F", "0o17", "true", "no", "null"]
          cron: "0 2 * * *"
        """;
    List<PolicyDocument> documents = files.read(yaml);
    assertThat(files.apply(ALICE, documents, true)).hasSize(1);
    String exported = files.export(ALICE);
    assertThat(files.diff(ALICE, files.read(exported), true)).as(exported).isEmpty();
  }

  /** Keeps its policies, and remembers which were looked at. */
  private static final class Kept implements PolicyKind {
    private final Map<String, Map<String, Object>> policies = new TreeMap<>();
    private final List<String> lookedAt = new ArrayList<>();

    @Override
    public String kind() {
      return "Kept";
    }

    @Override
    public Map<String, Object> canonical(String name, JsonNode spec) {
      return Map.of("to", spec.path("to").asString(""));
    }

    @Override
    public void requirePossible(String name, Map<String, Object> spec) {
      lookedAt.add(name);
    }

    @Override
    public Map<String, Map<String, Object>> all(Handle handle, Owner owner) {
      return policies;
    }

    @Override
    public void put(
        Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
      policies.put(name, spec);
    }

    @Override
    public void remove(Handle handle, Owner owner, String name) {
      policies.remove(name);
    }
  }

  @Test
  void onlyWhatChangesIsLookedAt() {
    Kept kind = new Kept();
    PolicyFiles kept = new PolicyFiles(registry.database, List.of(kind), Clock.systemUTC());
    String two = "kind: Kept\nname: a\nspec: {to: x}\n---\nkind: Kept\nname: b\nspec: {to: y}\n";
    assertThat(kept.apply(ALICE, kept.read(two), false)).hasSize(2);
    assertThat(kept.apply(ALICE, kept.read(two.replace("to: y", "to: z")), false)).hasSize(1);
    assertThat(kind.lookedAt).containsExactly("a", "b", "b");
  }

  @Test
  void anErrorNamesTheFileAndThePlaceInIt() {
    String sound = "kind: Schedule\nname: %s\nspec: {lines: a, cron: '0 2 * * *'}\n---\n";
    PolicyFile first = new PolicyFile("a.yaml", sound.formatted("one") + sound.formatted("two"));
    assertRefused(first, "kind: Schedule\nname: x\nspec: [\n", "b.yaml: This is not YAML: ");
    assertRefused(
        first,
        "kind: Schedule\nname: x\nspec: {a: b\n",
        "while parsing a flow mapping, expected ',' or '}', but got <stream end> (line 3).");
    assertRefused(first, "kind: Cake\n", "b.yaml: Document 1 has the kind 'Cake'.");
    assertRefused(first, sound.formatted("x") + "name: y\n", "b.yaml: Document 2 has the kind ''.");
    assertRefused(
        first,
        sound.formatted("two"),
        "b.yaml: Schedule two is in a.yaml, too. Remove one of them.");
    assertRefused(
        first,
        sound.formatted("x") + sound.formatted("x"),
        "b.yaml: Schedule x occurs twice. Remove one of them.");
    assertRefused(
        first,
        "kind: Schedule\nname: x\nspec: {lines: a, cron: '0 2 30 2 *'}\n",
        "b.yaml: The cron '0 2 30 2 *' never fires");
    assertThat(files.read(List.of(first, new PolicyFile("b.yaml", "")))).hasSize(2);
  }

  private void assertRefused(PolicyFile first, String yaml, String message) {
    assertThatThrownBy(() ->
            files.diff(ALICE, files.read(List.of(first, new PolicyFile("b.yaml", yaml))), false))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aNameThatYamlReadsAsANumberIsRefused() {
    assertThatThrownBy(() -> files.read("kind: Schedule\nname: 1.10\nspec: {}"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("Put it into quotes");
  }
}
