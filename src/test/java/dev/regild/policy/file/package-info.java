/** Tests of policies as files. */
@NullMarked
package dev.regild.policy.file;

import org.jspecify.annotations.NullMarked;
