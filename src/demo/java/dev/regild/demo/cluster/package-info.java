/** What several nodes share, and the nodes themselves, as processes on this machine. */
@NullMarked
package dev.regild.demo.cluster;

import org.jspecify.annotations.NullMarked;
