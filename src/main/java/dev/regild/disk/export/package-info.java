/** Disks and OVA packages for download. */
@NullMarked
package dev.regild.disk.export;

import org.jspecify.annotations.NullMarked;
