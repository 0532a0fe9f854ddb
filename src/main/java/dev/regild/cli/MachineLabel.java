package dev.regild.cli;

import dev.regild.disk.upload.OvfDescriptor;
import java.text.Normalizer;
import java.util.Optional;

/**
 * What an image is called by default after the virtual machine that an archive describes, within
 * what the API allows.
 *
 * @param name such as {@code Debian-12}; empty if nothing of the machine's name can be used
 * @param displayName the name as it is, but for signs that are not allowed
 * @param description of the machine, the same
 */
record MachineLabel(
    Optional<String> name, Optional<String> displayName, Optional<String> description) {
  private static final int LONGEST_NAME = 100;
  private static final int LONGEST_DISPLAY_NAME = 100;
  private static final int LONGEST_DESCRIPTION = 256;

  static final MachineLabel NONE =
      new MachineLabel(Optional.empty(), Optional.empty(), Optional.empty());

  static MachineLabel of(OvfDescriptor machine) {
    return new MachineLabel(
        machine.name().flatMap(MachineLabel::name),
        machine.name().flatMap(name -> text(name, LONGEST_DISPLAY_NAME)),
        machine.description().flatMap(text -> text(text, LONGEST_DESCRIPTION)));
  }

  private static Optional<String> name(String text) {
    String allowed = withoutMarks(text).replaceAll("[^a-zA-Z0-9_.-]+", "-");
    return filled(allowed.replaceAll("^[^a-zA-Z0-9]+|-+$", ""), LONGEST_NAME);
  }

  private static Optional<String> text(String text, int longest) {
    String allowed = withoutMarks(text).replaceAll("[^a-zA-Z0-9_.() -]+", " ");
    return filled(allowed.replaceAll(" +", " ").strip(), longest);
  }

  /** An ö becomes an o. */
  private static String withoutMarks(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("\\p{M}+", "");
  }

  private static Optional<String> filled(String text, int longest) {
    String cut = text.substring(0, Math.min(longest, text.length())).strip();
    return Optional.of(cut).filter(t -> !t.isEmpty());
  }
}
