/** Jobs that are made of steps: their records, their cancellation, and what is left of them. */
@NullMarked
package dev.regild.job;

import org.jspecify.annotations.NullMarked;
