/** The commands about lines, aliases, schedules, events and policy files. */
@NullMarked
package dev.regild.cli.policy;

import org.jspecify.annotations.NullMarked;
