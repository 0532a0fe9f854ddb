package dev.regild.api;

import dev.regild.account.Accounts;
import dev.regild.db.Database;
import dev.regild.image.Quotas;
import dev.regild.update.Cancellations;
import dev.regild.update.ImageCopies;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageExports;
import dev.regild.update.ImageImports;
import dev.regild.update.LatestAgents;
import dev.regild.update.Updates;
import java.time.Clock;

/**
 * What the operations work with. What they ask for may be refused with {@link
 * dev.regild.image.RefusedException}.
 *
 * @param database where the registry is kept
 * @param pageTokens signs the tokens of pages
 */
public record ImageServices(
    Database database,
    Updates updates,
    ImageImports imports,
    ImageCopies copies,
    ImageExports exports,
    ImageDeletions deletions,
    Cancellations cancellations,
    LatestAgents agents,
    Quotas quotas,
    Accounts accounts,
    PageTokens pageTokens,
    Clock clock) {}
