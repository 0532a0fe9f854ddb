/** Accounts and their access keys. */
@NullMarked
package dev.regild.account;

import org.jspecify.annotations.NullMarked;
