/**
 * The server synchronisation protocol of Windows Server Update Services (MS-WSUSSS): what Microsoft
 * or a WSUS publishes, and which of it is the newest.
 */
@NullMarked
package dev.regild.windows.upstream;

import org.jspecify.annotations.NullMarked;
