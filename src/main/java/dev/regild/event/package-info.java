/** What has happened to images, channels and schedules, as CloudEvents. */
@NullMarked
package dev.regild.event;

import org.jspecify.annotations.NullMarked;
