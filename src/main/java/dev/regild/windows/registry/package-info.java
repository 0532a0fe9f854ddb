/** What is installed in a Windows, read from its registry's files. */
@NullMarked
package dev.regild.windows.registry;

import org.jspecify.annotations.NullMarked;
