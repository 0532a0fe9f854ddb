package dev.regild.console;

import java.util.List;

/** What {@code regild doctor} says about the server's machine. */
@FunctionalInterface
public interface HostChecks {
  /**
   * Looks, which takes some seconds; what was found a moment ago is returned again.
   *
   * @return the checks, in the order in which an operator reads them
   */
  List<Check> look() throws InterruptedException;

  /**
   * What came of one check.
   *
   * @param part of the machine that it is about: programs or protections
   * @param state one word
   * @param detail how it was seen; of a problem, what is wrong and what to do about it
   */
  record Check(String part, String what, String state, String detail, boolean isProblem) {}
}
