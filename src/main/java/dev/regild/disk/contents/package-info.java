/**
 * What is on a disk, read from its bytes in memory that Java guards: partitions, files of an ext4.
 */
@NullMarked
package dev.regild.disk.contents;

import org.jspecify.annotations.NullMarked;
