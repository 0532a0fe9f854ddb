/** What is in an image, what an update fixes, and how two images differ. */
@NullMarked
package dev.regild.insight;

import org.jspecify.annotations.NullMarked;
