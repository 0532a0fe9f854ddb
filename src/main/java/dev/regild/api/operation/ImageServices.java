package dev.regild.api.operation;

import dev.regild.account.Accounts;
import dev.regild.api.PageTokens;
import dev.regild.db.Database;
import dev.regild.image.quota.Quotas;
import dev.regild.job.node.Nodes;
import dev.regild.update.Cancellations;
import dev.regild.update.ImageCopies;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageExports;
import dev.regild.update.ImageImports;
import dev.regild.update.Updates;
import dev.regild.update.planning.LatestAgents;
import java.time.Clock;

/**
 * What the operations work with. What they ask for may be refused with {@link
 * dev.regild.image.RefusedException}.
 *
 * @param database where the registry is kept
 * @param pageTokens signs the tokens of pages
 * @param nodes say why a job waits
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
    Nodes nodes,
    Clock clock) {}
