/** Layers as objects of a shared store, and a node's copies of them. */
@NullMarked
package dev.regild.disk.layers;

import org.jspecify.annotations.NullMarked;
