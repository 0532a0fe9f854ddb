/** The jobs: what accepts them, the list of steps of each, cancellation, recovery. */
@NullMarked
package dev.regild.update;

import org.jspecify.annotations.NullMarked;
