/** When lines are looked at, under which conditions they are updated, and what came of it. */
@NullMarked
package dev.regild.policy.schedule;

import org.jspecify.annotations.NullMarked;
