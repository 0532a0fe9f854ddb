/** What the server says about itself: its log, the audit log, metrics. */
@NullMarked
package dev.regild.server.telemetry;

import org.jspecify.annotations.NullMarked;
