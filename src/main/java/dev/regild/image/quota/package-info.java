/** Quotas: the kinds, the defaults, and those of an account. */
@NullMarked
package dev.regild.image.quota;

import org.jspecify.annotations.NullMarked;
