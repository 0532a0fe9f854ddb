/** External programs, libguestfs appliances, QEMU machines, the accelerator. */
@NullMarked
package dev.regild.machine;

import org.jspecify.annotations.NullMarked;
