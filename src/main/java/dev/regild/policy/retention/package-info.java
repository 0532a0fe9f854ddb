/** Deletes the images of lines that are kept no longer. */
@NullMarked
package dev.regild.policy.retention;

import org.jspecify.annotations.NullMarked;
