/** apt and dpkg: sources, Release files and indexes, preferences, what is installed, upgrades. */
@NullMarked
package dev.regild.apt;

import org.jspecify.annotations.NullMarked;
