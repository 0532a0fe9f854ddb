/** Signed statements of how images came to be: in-toto statements in DSSE envelopes. */
@NullMarked
package dev.regild.insight.provenance;

import org.jspecify.annotations.NullMarked;
