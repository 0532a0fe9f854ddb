/** What commands show, and the files that they write. */
@NullMarked
package dev.regild.cli.terminal;

import org.jspecify.annotations.NullMarked;
