/** The database: SQLite, its migrations, transactions. */
@NullMarked
package dev.regild.db;

import org.jspecify.annotations.NullMarked;
