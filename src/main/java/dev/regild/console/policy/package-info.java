/** The console's pages about policies: lines, schedules, rings, retention, revocation, notices. */
@NullMarked
package dev.regild.console.policy;

import org.jspecify.annotations.NullMarked;
