/** What systemd hands to a service, and what a service tells it. */
@NullMarked
package dev.regild.machine.systemd;

import org.jspecify.annotations.NullMarked;
