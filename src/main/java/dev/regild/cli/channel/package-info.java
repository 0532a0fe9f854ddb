/** The channel commands. */
@NullMarked
package dev.regild.cli.channel;

import org.jspecify.annotations.NullMarked;
