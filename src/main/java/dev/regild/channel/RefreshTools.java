package dev.regild.channel;

import dev.regild.fetch.Transport;
import dev.regild.files.VerifiedFiles;
import java.nio.file.Path;
import java.time.Clock;

/**
 * What a refresh works with.
 *
 * @param documents reads those of the repositories
 * @param channels the directory of channels' files
 * @param verified remembers which files were compared with their digests
 * @param transport reaches servers whose documents are not files
 * @param options how the refresh is made
 */
public record RefreshTools(
    DocumentReader documents,
    Clock clock,
    Path channels,
    VerifiedFiles verified,
    Transport transport,
    RefreshOptions options) {}
