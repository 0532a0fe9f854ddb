/** Tells others of events, by webhooks. */
@NullMarked
package dev.regild.policy.notice;

import org.jspecify.annotations.NullMarked;
