/** Channels that nodes share: rows of the database, and objects of the store. */
@NullMarked
package dev.regild.channel.shared;

import org.jspecify.annotations.NullMarked;
