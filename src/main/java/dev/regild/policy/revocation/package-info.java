/** Images that are not to be used any more, and why. */
@NullMarked
package dev.regild.policy.revocation;

import org.jspecify.annotations.NullMarked;
