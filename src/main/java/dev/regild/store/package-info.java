/** Objects in an S3 store: written once, read in ranges, listed and removed. */
@NullMarked
package dev.regild.store;

import org.jspecify.annotations.NullMarked;
