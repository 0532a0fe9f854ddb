/** What keeps a shared store in order: garbage, checks, scrubbing. */
@NullMarked
package dev.regild.update.store;

import org.jspecify.annotations.NullMarked;
