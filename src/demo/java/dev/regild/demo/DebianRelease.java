package dev.regild.demo;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The releases of Debian that golden images are made of. */
public enum DebianRelease {
  BOOKWORM("12"),
  TRIXIE("13");

  private final String number;

  DebianRelease(String number) {
    this.number = number;
  }

  /**
   * The release that a machine itself runs; Debian 12 for a machine of another distribution, whose
   * package of Debian's keys may be older than Debian 13.
   *
   * @param osRelease the text of its os-release(5)
   */
  public static DebianRelease ofMachine(String osRelease) {
    Set<String> lines =
        osRelease
            .lines()
            .map(line -> line.replaceAll("[\"']", "").strip())
            .collect(Collectors.toSet());
    return Stream.of(values())
        .filter(release ->
            lines.contains("ID=debian") && lines.contains("VERSION_ID=" + release.number))
        .findFirst()
        .orElse(BOOKWORM);
  }

  /** As it is spoken of: {@code 12}. */
  public String number() {
    return number;
  }

  /** The suite of the archive: {@code bookworm}. */
  public String suite() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As images and channels name it: {@code DEBIAN_12}. */
  public String platform() {
    return "DEBIAN_" + number;
  }

  /**
   * The name of the file of a recipe's image, without its hashes; of Debian 12 as it always was.
   */
  String fileName(String recipe) {
    return this == BOOKWORM ? recipe : suite() + "-" + recipe;
  }
}
