/** Backs up a registry and its files, and restores them. */
@NullMarked
package dev.regild.server.backup;

import org.jspecify.annotations.NullMarked;
