/** The index of the packages in all inventories, by which images are found. */
@NullMarked
package dev.regild.insight.fleet;

import org.jspecify.annotations.NullMarked;
