/** Reads .cab, .wim and .zip files, in a sandbox or with limits. */
@NullMarked
package dev.regild.archive;

import org.jspecify.annotations.NullMarked;
