/** The entry point, and the commands that are clients of a running server, one class each. */
@NullMarked
package dev.regild.cli;

import org.jspecify.annotations.NullMarked;
