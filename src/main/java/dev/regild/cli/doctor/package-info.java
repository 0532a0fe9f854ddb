/** The checks of a host, and trials on it. */
@NullMarked
package dev.regild.cli.doctor;

import org.jspecify.annotations.NullMarked;
