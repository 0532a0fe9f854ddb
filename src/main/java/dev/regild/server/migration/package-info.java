/** Moves a registry from a data directory to PostgreSQL and a store. */
@NullMarked
package dev.regild.server.migration;

import org.jspecify.annotations.NullMarked;
