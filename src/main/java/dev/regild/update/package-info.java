/** The main job: the decision to update, the steps, the worker. */
@NullMarked
package dev.regild.update;

import org.jspecify.annotations.NullMarked;
