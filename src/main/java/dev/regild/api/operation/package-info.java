/** The protocol's operations, one class each, and the members of their answers. */
@NullMarked
package dev.regild.api.operation;

import org.jspecify.annotations.NullMarked;
