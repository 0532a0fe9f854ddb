/** Uploaded disks: quotas, archives that are unpacked on the way, OVF descriptors. */
@NullMarked
package dev.regild.disk.upload;

import org.jspecify.annotations.NullMarked;
