/** Tells others of events, by webhooks and e-mail. */
@NullMarked
package dev.regild.policy.notice;

import org.jspecify.annotations.NullMarked;
