/** The registry: images, their states and legal transitions, layers, tags, shares. */
@NullMarked
package dev.regild.image;

import org.jspecify.annotations.NullMarked;
