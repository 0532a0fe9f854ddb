/** Puts the parts together: configuration, HTTP routes, health, metrics. */
@NullMarked
package dev.regild.server;

import org.jspecify.annotations.NullMarked;
