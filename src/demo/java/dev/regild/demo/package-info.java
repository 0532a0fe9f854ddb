/**
 * What the demo shows itself on: a golden image and the repository of an agent, made on the spot.
 */
@NullMarked
package dev.regild.demo;

import org.jspecify.annotations.NullMarked;
