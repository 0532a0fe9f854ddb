/** Connections and requests: limits, pacing, bodies, signatures, errors, answers. */
@NullMarked
package dev.regild.server.http;

import org.jspecify.annotations.NullMarked;
