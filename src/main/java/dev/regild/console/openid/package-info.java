/**
 * Logins with OpenID Connect: the provider, what it vouches for, and what that is good for here.
 */
@NullMarked
package dev.regild.console.openid;

import org.jspecify.annotations.NullMarked;
