package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rows of {@code guest-syscalls.txt}, read apart from the program that compiles them. */
record SyscallTable(List<Row> rows) {
  /** errno(3) on Linux, of the errors that the table names. */
  static final Map<String, Integer> ERRORS =
      Map.of("EPERM", 1, "ENOSYS", 38, "EPROTONOSUPPORT", 93, "EAFNOSUPPORT", 97);

  private static final int MACHINES = 3;

  /**
   * One call.
   *
   * @param verdict "allow", "done", an error, or "by" where the arguments decide
   * @param numbers on x86-64, arm64 and i386; empty where the machine has no such call
   */
  record Row(String verdict, String name, List<Optional<Integer>> numbers) {
    boolean denied() {
      return ERRORS.containsKey(verdict);
    }

    boolean done() {
      return verdict.equals("done");
    }

    boolean allowed() {
      return verdict.equals("allow");
    }
  }

  static SyscallTable read() throws GuestException {
    List<Row> rows = new ArrayList<>();
    for (String line : new String(Resources.read("guest-syscalls.txt"), UTF_8).lines().toList()) {
      if (line.matches("\\w.*")) {
        String[] words = line.split("\\s+", -1);
        rows.add(
            new Row(
                words[0],
                words[1],
                Arrays.stream(words, 2, 2 + MACHINES)
                    .map(word -> word.equals("-") ? Optional.<Integer>empty() : number(word))
                    .toList()));
      }
    }
    return new SyscallTable(rows);
  }

  private static Optional<Integer> number(String word) {
    return Optional.of(Integer.valueOf(word));
  }

  Row row(String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }
}
