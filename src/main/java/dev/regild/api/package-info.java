/** The AppStream protocol: JSON 1.1, SigV4, validation, errors, one class per operation. */
@NullMarked
package dev.regild.api;

import org.jspecify.annotations.NullMarked;
