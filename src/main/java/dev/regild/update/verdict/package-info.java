/** How each image stands: up to date or not, its CVEs, its support; stored, and judged again. */
@NullMarked
package dev.regild.update.verdict;

import org.jspecify.annotations.NullMarked;
