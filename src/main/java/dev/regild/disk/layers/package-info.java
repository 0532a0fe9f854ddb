/** Stores of the images' layers: a directory, or objects in S3 and a cache of them. */
@NullMarked
package dev.regild.disk.layers;

import org.jspecify.annotations.NullMarked;
