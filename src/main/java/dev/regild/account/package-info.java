/** Accounts, their access keys, and the keys that sign statements. */
@NullMarked
package dev.regild.account;

import org.jspecify.annotations.NullMarked;
