/** The store commands. */
@NullMarked
package dev.regild.cli.store;

import org.jspecify.annotations.NullMarked;
