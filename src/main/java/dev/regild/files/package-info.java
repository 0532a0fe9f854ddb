/** Files and directories that other users of the host can neither read nor change. */
@NullMarked
package dev.regild.files;

import org.jspecify.annotations.NullMarked;
