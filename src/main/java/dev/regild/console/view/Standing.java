package dev.regild.console.view;

/**
 * Whether an image is up to date, as a page shows it.
 *
 * @param tone {@code good}, {@code bad}, {@code busy} or {@code dim}
 * @param label in one or two words
 * @param detail what an update would bring, or why it is not known; may be empty
 */
public record Standing(String tone, String label, String detail) {
  /** Of an image without a disk. */
  public static final Standing NONE = new Standing("dim", "–", "");
}
