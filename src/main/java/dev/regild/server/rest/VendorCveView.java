package dev.regild.server.rest;

import dev.regild.feed.OpenCves.Found;
import java.util.Optional;

/**
 * A CVE in a package of an image, by the feeds.
 *
 * @param packageName the source package, as the feed names it
 * @param version that is installed
 * @param fixedIn the version that fixes it; absent if there is none
 * @param note why it is in its state, in the vendor's words
 */
record VendorCveView(
    String cve,
    String packageName,
    String version,
    String status,
    Optional<String> fixedIn,
    Optional<String> severity,
    boolean kernel,
    Optional<Boolean> exploited,
    Optional<String> note) {
  static VendorCveView of(Found found) {
    return new VendorCveView(
        found.issue().cve(),
        found.source(),
        found.version(),
        found.status().name(),
        Optional.of(found.issue().fixed()).filter(text -> !text.isEmpty()),
        Optional.of(found.issue().severity()).filter(text -> !text.isEmpty()),
        found.kernel(),
        found.exploited(),
        Optional.of(found.issue().note()).filter(text -> !text.isEmpty()));
  }
}
