/** Whether the server works: health checks, metrics, and the wait for a database. */
@NullMarked
package dev.regild.server.health;

import org.jspecify.annotations.NullMarked;
