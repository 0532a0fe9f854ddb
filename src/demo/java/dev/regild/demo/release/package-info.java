/** What is made beside a package of Regild itself. */
@NullMarked
package dev.regild.demo.release;

import org.jspecify.annotations.NullMarked;
