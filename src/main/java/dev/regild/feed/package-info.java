/** Feeds of vulnerabilities: where they come from, what they say, and what of it is open. */
@NullMarked
package dev.regild.feed;

import org.jspecify.annotations.NullMarked;
