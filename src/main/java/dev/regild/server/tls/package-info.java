/** What the server shows to clients that use TLS: a certificate, and the context made of it. */
@NullMarked
package dev.regild.server.tls;

import org.jspecify.annotations.NullMarked;
