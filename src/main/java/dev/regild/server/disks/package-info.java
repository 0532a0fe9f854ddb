/** Uploads and downloads of disks. */
@NullMarked
package dev.regild.server.disks;

import org.jspecify.annotations.NullMarked;
