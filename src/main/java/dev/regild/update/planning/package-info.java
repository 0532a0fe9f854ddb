/** What an update of an image would do: its plan, its agent, the CVEs that it fixes. */
@NullMarked
package dev.regild.update.planning;

import org.jspecify.annotations.NullMarked;
