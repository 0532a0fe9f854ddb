/** Rings: the snapshot of a channel that a part of the fleet sees. */
@NullMarked
package dev.regild.channel.ring;

import org.jspecify.annotations.NullMarked;
