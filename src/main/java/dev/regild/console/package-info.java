/**
 * The console: pages for people, under {@code /console/}. Each action is a call of the API's
 * protocol, with its checks. docs/console.md shows the pages.
 */
@NullMarked
package dev.regild.console;

import org.jspecify.annotations.NullMarked;
