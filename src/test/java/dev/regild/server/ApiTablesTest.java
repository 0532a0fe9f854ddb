package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables of docs/api.md name every operation, structure and member of the service model. */
class ApiTablesTest {
  private static final Pattern CODE = Pattern.compile("`(\\w+)`");

  private final ModelShapes model = new ModelShapes();

  @Test
  void everyOperationStandsWithAllThatItTakesAndAnswers() throws Exception {
    Map<String, List<List<String>>> rows = table("| operation | real |");
    assertThat(rows.keySet()).isEqualTo(model.operations());
    rows.forEach((operation, cells) -> {
      assertNames(operation, cells.subList(0, 3), model.members(model.request(operation)));
      assertNames(operation, cells.subList(3, 4), model.members(model.answer(operation)));
    });
  }

  @Test
  void everyStructureStandsWithAllItsMembers() throws Exception {
    Map<String, List<List<String>>> rows = table("| structure | real |");
    Set<String> structures = new TreeSet<>();
    for (String operation : model.operations()) {
      for (String whole : List.of(model.request(operation), model.answer(operation))) {
        Set<String> parts = model.structuresIn(whole);
        parts.remove(whole);
        structures.addAll(parts);
      }
    }
    assertThat(rows.keySet()).isEqualTo(structures);
    Set<String> never = new TreeSet<>();
    rows.forEach((structure, cells) -> {
      assertNames(structure, cells, model.members(structure));
      cells.get(3).forEach(member -> never.add(structure + "." + member));
    });
    assertThat(never).isEqualTo(new TreeSet<>(ConformanceTest.NEVER.keySet()));
  }

  /** That the cells have those names, each once. */
  private static void assertNames(String row, List<List<String>> cells, Set<String> names) {
    assertThat(cells.stream().flatMap(List::stream))
        .as(row)
        .containsExactlyInAnyOrderElementsOf(names);
  }

  /** The names in each cell of a table's rows, by the name that a row begins with. */
  private static Map<String, List<List<String>>> table(String start) throws Exception {
    Map<String, List<List<String>>> rows = new TreeMap<>();
    Stream<String> lines =
        Files.readAllLines(Path.of("docs/api.md")).stream()
            .dropWhile(line -> !line.startsWith(start))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"));
    lines.forEach(line -> {
      List<List<String>> cells = new ArrayList<>();
      for (String cell : line.split("\\|", -1)) {
        cells.add(CODE.matcher(cell).results().map(name -> name.group(1)).toList());
      }
      // Before the first bar and behind the last there is nothing.
      assertThat(rows.put(cells.get(1).getFirst(), cells.subList(2, cells.size() - 1))).isNull();
    });
    return rows;
  }
}
