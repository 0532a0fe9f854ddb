/** What has happened to images, channels and keys, as CloudEvents. */
@NullMarked
package dev.regild.event;

import org.jspecify.annotations.NullMarked;
