/** What stands between the host and what Regild works on, found out by trying. */
@NullMarked
package dev.regild.server.protection;

import org.jspecify.annotations.NullMarked;
