/** Layers that are objects of a shared store, and the copies of them that a node reads. */
@NullMarked
package dev.regild.disk.layers;

import org.jspecify.annotations.NullMarked;
