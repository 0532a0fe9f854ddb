package dev.regild.server.rest;

import java.util.Optional;

/**
 * The CVEs of an image.
 *
 * @param fixed by the update that made it; absent if it was imported, or not recorded
 * @param toFix what an update would fix now; absent if it can't be compared
 * @param notCompared why {@code toFix} is absent
 */
record VulnerabilitiesView(
    String image,
    Optional<FixesView> fixed,
    Optional<FixesView> toFix,
    Optional<String> notCompared) {}
