/** Reading what is installed on a disk. */
@NullMarked
package dev.regild.inventory;

import org.jspecify.annotations.NullMarked;
