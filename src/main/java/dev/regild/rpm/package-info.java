/** rpm, dnf and yum: repositories, modules, advisories, what is installed, upgrades. */
@NullMarked
package dev.regild.rpm;

import org.jspecify.annotations.NullMarked;
