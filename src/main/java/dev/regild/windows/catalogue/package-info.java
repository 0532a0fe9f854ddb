/** The packages of a Windows channel, and what they offer to an image. */
@NullMarked
package dev.regild.windows.catalogue;

import org.jspecify.annotations.NullMarked;
