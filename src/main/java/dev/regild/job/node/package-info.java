/** The nodes that share a database: their rows, what each can do, and who takes which job. */
@NullMarked
package dev.regild.job.node;

import org.jspecify.annotations.NullMarked;
