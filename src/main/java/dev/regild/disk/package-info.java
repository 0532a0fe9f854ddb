/** Layers and their chains, disk formats, uploaded disks, the layer store. */
@NullMarked
package dev.regild.disk;

import org.jspecify.annotations.NullMarked;
