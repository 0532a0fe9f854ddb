/** Logins to the console. */
@NullMarked
package dev.regild.console.session;

import org.jspecify.annotations.NullMarked;
