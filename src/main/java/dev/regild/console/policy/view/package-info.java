/** What the templates of the pages about policies show. */
@NullMarked
package dev.regild.console.policy.view;

import org.jspecify.annotations.NullMarked;
