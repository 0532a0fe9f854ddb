/**
 * Fetches documents and packages: transport, proxies, credentials, certificates, keys, the package
 * cache.
 */
@NullMarked
package dev.regild.fetch;

import org.jspecify.annotations.NullMarked;
