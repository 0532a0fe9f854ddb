/** The steps of the jobs, one class each, and what several of them use. */
@NullMarked
package dev.regild.update.steps;

import org.jspecify.annotations.NullMarked;
