/**
 * Files and directories: private, durable, locked, hashed, verified; what reads them in streams.
 */
@NullMarked
package dev.regild.files;

import org.jspecify.annotations.NullMarked;
