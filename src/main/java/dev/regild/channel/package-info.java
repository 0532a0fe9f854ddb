/** Channels, their snapshots and verification, the package cache. */
@NullMarked
package dev.regild.channel;

import org.jspecify.annotations.NullMarked;
