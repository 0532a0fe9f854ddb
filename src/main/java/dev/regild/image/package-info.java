/** The registry: images, their states and legal transitions, tags, quotas, image builders. */
@NullMarked
package dev.regild.image;

import org.jspecify.annotations.NullMarked;
