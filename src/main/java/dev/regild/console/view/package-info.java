/** What the console's templates show. */
@NullMarked
package dev.regild.console.view;

import org.jspecify.annotations.NullMarked;
