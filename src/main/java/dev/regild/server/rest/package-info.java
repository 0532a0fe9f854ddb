/** Regild's own endpoints, under {@code /regild/v1}, and the views that they answer with. */
@NullMarked
package dev.regild.server.rest;

import org.jspecify.annotations.NullMarked;
