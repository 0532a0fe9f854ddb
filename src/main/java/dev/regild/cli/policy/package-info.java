/** The commands for lines, aliases and policies, and for the events that come of them. */
@NullMarked
package dev.regild.cli.policy;

import org.jspecify.annotations.NullMarked;
