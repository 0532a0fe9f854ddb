/** Windows as a package system. */
@NullMarked
package dev.regild.windows;

import org.jspecify.annotations.NullMarked;
