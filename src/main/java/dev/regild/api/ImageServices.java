package dev.regild.api;

import dev.regild.db.Database;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageImports;
import dev.regild.update.ImageUpdates;
import java.time.Clock;

/**
 * What the operations work with.
 *
 * @param database where the registry is kept
 * @param updates accepts updates
 * @param imports accepts imports
 * @param deletions deletes images
 * @param pageTokens signs the tokens of pages
 * @param clock tells the time
 */
public record ImageServices(
    Database database,
    ImageUpdates updates,
    ImageImports imports,
    ImageDeletions deletions,
    PageTokens pageTokens,
    Clock clock) {}
