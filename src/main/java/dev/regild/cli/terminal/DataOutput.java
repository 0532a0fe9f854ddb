package dev.regild.cli.terminal;

import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The option of commands that print data: in which form. */
public final class DataOutput {
  /** A form of data. */
  public enum Form {
    /** For people. */
    TABLE,
    /** One value, indented. */
    JSON,
    /** One document. */
    YAML
  }

  @Option(
      names = "--output",
      paramLabel = "table|json|yaml",
      description = "The form of what is printed. Default: table.")
  Form form = Form.TABLE;

  @Option(names = "--json", description = "The same as --output json.")
  boolean json;

  /** Whether data is asked for, not a table. */
  public boolean isData() {
    return json || form != Form.TABLE;
  }

  /** The option by which data is asked for, for messages. */
  public String option() {
    return json ? "--json" : "--output";
  }

  /**
   * Prints data in the form that is asked for.
   *
   * @param data a node, or what Jackson makes one of
   */
  public void print(PrintWriter out, Object data) {
    JsonNode node = Printable.json(JsonMapper.shared().valueToTree(data));
    if (form == Form.YAML && !json) {
      out.print(YAMLMapper.shared().writeValueAsString(node));
      out.flush();
    } else {
      out.println(node.toPrettyString());
    }
  }

  /** Prints one of several values that come one after the other: JSON in a line, or a document. */
  public void printNext(PrintWriter out, JsonNode value) {
    if (form == Form.YAML && !json) {
      print(out, value);
    } else {
      out.println(Printable.json(value));
      out.flush();
    }
  }

  /** Prints a table, or its rows as data, whose members are named as the columns. */
  public void print(PrintWriter out, Table table) {
    if (isData()) {
      print(out, table.data());
    } else {
      table.print(out);
    }
  }

  /** The same for a table whose lines, the first among them, are names and values of one thing. */
  public void printFacts(PrintWriter out, Table table) {
    if (isData()) {
      print(out, table.facts());
    } else {
      table.print(out);
    }
  }

  /**
   * The same with a list that belongs to the thing; an empty list is not shown to people.
   *
   * @param member its name in data
   */
  public void printFacts(PrintWriter out, Table table, String member, Table list) {
    if (isData()) {
      Map<String, Object> facts = table.facts();
      facts.put(member, list.data());
      print(out, facts);
    } else {
      table.print(out);
      if (!list.data().isEmpty()) {
        out.println();
        list.print(out);
      }
    }
  }
}
