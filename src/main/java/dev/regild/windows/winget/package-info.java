/** Agents from directories of winget's manifests. */
@NullMarked
package dev.regild.windows.winget;

import org.jspecify.annotations.NullMarked;
