/** The server's configuration: its keys, where their values come from, and their limits. */
@NullMarked
package dev.regild.server.config;

import org.jspecify.annotations.NullMarked;
