/** What Regild does with images by itself, and the names and rules that it follows. */
@NullMarked
package dev.regild.policy;

import org.jspecify.annotations.NullMarked;
