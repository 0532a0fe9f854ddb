/** Lines of images, and the aliases of their images. */
@NullMarked
package dev.regild.policy.line;

import org.jspecify.annotations.NullMarked;
