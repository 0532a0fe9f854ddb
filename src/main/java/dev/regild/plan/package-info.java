/** Inventory compared with a snapshot gives an update plan. Pure: no input, no output. */
@NullMarked
package dev.regild.plan;

import org.jspecify.annotations.NullMarked;
