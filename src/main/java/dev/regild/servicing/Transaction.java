package dev.regild.servicing;

import java.util.List;

/**
 * What a guest's package manager would do.
 *
 * @param downloads the files that it needs
 * @param installs each package that is installed new or upgraded, in its order
 * @param removals the packages that have to go
 */
public record Transaction(
    List<Download> downloads, List<Install> installs, List<Removal> removals) {
  public Transaction {
    downloads = List.copyOf(downloads);
    installs = List.copyOf(installs);
    removals = List.copyOf(removals);
  }

  /**
   * A file that the package manager needs. Both come out of the guest, which is not trusted.
   *
   * @param uri where it says that the file is
   * @param fileName the name, without any directory, that it expects the file to have
   */
  public record Download(String uri, String fileName) {}

  /**
   * A package that is installed new or upgraded.
   *
   * @param name its name, with the architecture where that is a foreign one
   * @param from the installed version, empty for a package that is new
   * @param to the version that will be installed
   */
  public record Install(String name, String from, String to) {}

  /**
   * A package that has to go.
   *
   * @param name its name, with the architecture where that is a foreign one
   * @param version the installed one
   * @param byHand whether the image's owner installed it; as far as the package manager tells, what
   *     another package replaces doesn't count (rpm's obsoletes; apt doesn't tell)
   * @param why as far as it is known; may be empty
   */
  public record Removal(String name, String version, boolean byHand, String why) {}
}
