/** Records of updates, imports, copies and exports. */
@NullMarked
package dev.regild.image.jobs;

import org.jspecify.annotations.NullMarked;
