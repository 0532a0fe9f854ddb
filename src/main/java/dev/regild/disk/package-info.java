/** Disk formats, checks of disks, qemu-img, the room on disks, workspaces. */
@NullMarked
package dev.regild.disk;

import org.jspecify.annotations.NullMarked;
