package dev.regild.windows.servicing;

import java.util.List;
import java.util.stream.Stream;

/** Windows' own tool for packages of the system and for the component store. */
final class Dism {
  static final String PROGRAM = "dism.exe";

  private Dism() {}

  /** A command for the system that runs, whose answers are in English. */
  static List<String> online(String... arguments) {
    return Stream.concat(Stream.of(PROGRAM, "/Online", "/English"), Stream.of(arguments)).toList();
  }
}
