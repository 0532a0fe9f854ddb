package dev.regild.demo;

import java.util.Locale;

/** The releases of Debian that golden images are made of. */
public enum DebianRelease {
  BOOKWORM("12"),
  TRIXIE("13");

  private final String number;

  DebianRelease(String number) {
    this.number = number;
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
