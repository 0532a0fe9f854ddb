@NullMarked
package dev.regild.policy;

import org.jspecify.annotations.NullMarked;
