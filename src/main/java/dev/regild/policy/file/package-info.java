/** Policies as files, which can live in version control. */
@NullMarked
package dev.regild.policy.file;

import org.jspecify.annotations.NullMarked;
