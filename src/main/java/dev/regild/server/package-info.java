/** Puts the parts together, and says which address answers what. */
@NullMarked
package dev.regild.server;

import org.jspecify.annotations.NullMarked;
