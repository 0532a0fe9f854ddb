/** Commands that open the registry in the data directory: accounts, keys, public images. */
@NullMarked
package dev.regild.cli.registry;

import org.jspecify.annotations.NullMarked;
