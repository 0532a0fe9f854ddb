/** Image builders: the temporary machines of updates. */
@NullMarked
package dev.regild.image.builder;

import org.jspecify.annotations.NullMarked;
