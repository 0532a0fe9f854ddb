package dev.regild.windows.winget;

import java.net.URI;

/**
 * An installer of a package that Windows Installer takes.
 *
 * @param version of the package
 * @param architecture {@code amd64}, {@code arm64}, {@code x86} or {@code neutral}
 * @param url by https
 * @param sha256 in lower-case hexadecimal
 */
record WingetInstaller(WingetVersion version, String architecture, URI url, String sha256) {}
