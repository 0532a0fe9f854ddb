/** The AppStream protocol: JSON 1.1, SigV4, constraints, errors. */
@NullMarked
package dev.regild.api;

import org.jspecify.annotations.NullMarked;
