/** Calls of a running server. */
@NullMarked
package dev.regild.cli.client;

import org.jspecify.annotations.NullMarked;
