package dev.regild.feed;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The forms of feeds. */
public enum FeedKind {
  /** The JSON of Debian's security tracker. */
  DEBIAN_TRACKER(
      "debian-tracker", "https://security-tracker.debian.org/tracker/data/json", 512L << 20),

  /** Records in the form of osv.dev: a zip with one in each file, or JSON. */
  OSV("osv", "", 4L << 30),

  /** CSAF 2.0 documents of the profile VEX, as Red Hat has them: an archive, or JSON. */
  CSAF("csaf", "", 4L << 30),

  /** CVRF documents of Microsoft's Security Response Center: one of a month, or an archive. */
  MSRC("msrc", "", 512L << 20),

  /** CISA's catalogue of vulnerabilities that are known to be exploited. */
  KEV(
      "kev",
      "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
      64L << 20);

  private final String word;
  private final String usualUri;
  private final long limit;

  FeedKind(String word, String usualUri, long limit) {
    this.word = word;
    this.usualUri = usualUri;
    this.limit = limit;
  }

  /** Returns its name in commands: {@code debian-tracker}. */
  public String word() {
    return word;
  }

  /** Returns where its publisher has it; empty if there are several. */
  public Optional<String> usualUri() {
    return Optional.of(usualUri).filter(uri -> !uri.isEmpty());
  }

  /** Returns how many bytes a file may have at most. */
  long limit() {
    return limit;
  }

  FeedReader reader() {
    return switch (this) {
      case DEBIAN_TRACKER -> new DebianTracker();
      case OSV -> new OsvRecords();
      case CSAF -> new CsafDocuments();
      case MSRC -> new MsrcDocuments();
      case KEV -> new KevCatalogue();
    };
  }

  /**
   * Returns the kind of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those that there are
   */
  public static FeedKind of(String word) {
    return Arrays.stream(values())
        .filter(each -> each.word.equals(word))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "kind '%s' is not a kind of feed; it must be one of %s"
                    .formatted(
                        word,
                        Arrays.stream(values())
                            .map(FeedKind::word)
                            .collect(Collectors.joining(", ")))));
  }
}
