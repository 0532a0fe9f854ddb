/** Changing the disk of an image builder, in a virtual machine or in namespaces. */
@NullMarked
package dev.regild.servicing;

import org.jspecify.annotations.NullMarked;
