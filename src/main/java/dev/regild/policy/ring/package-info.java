/** Promotes snapshots from ring to ring. */
@NullMarked
package dev.regild.policy.ring;

import org.jspecify.annotations.NullMarked;
