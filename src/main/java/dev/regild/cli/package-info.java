/** The commands, one class each. */
@NullMarked
package dev.regild.cli;

import org.jspecify.annotations.NullMarked;
