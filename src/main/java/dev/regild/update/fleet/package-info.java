/** Questions about all images: which have a package or a CVE, and what an update would change. */
@NullMarked
package dev.regild.update.fleet;

import org.jspecify.annotations.NullMarked;
