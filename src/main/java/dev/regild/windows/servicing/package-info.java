/** Servicing and qualifying a Windows that runs. */
@NullMarked
package dev.regild.windows.servicing;

import org.jspecify.annotations.NullMarked;
