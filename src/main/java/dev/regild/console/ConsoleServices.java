package dev.regild.console;

import dev.regild.account.Accounts;
import dev.regild.account.People;
import dev.regild.account.SigningKeys;
import dev.regild.api.Operators;
import dev.regild.api.operation.ImageServices;
import dev.regild.channel.ChannelStore;
import dev.regild.console.openid.OpenIdProvider;
import dev.regild.console.session.Sessions;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.ResumableUploads;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.update.ImageFlattenings;
import dev.regild.update.fleet.Differences;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotOffers;
import java.util.Optional;

/**
 * What the console works with: what the API does, and nothing else.
 *
 * @param guard what the server does for every request
 * @param images what the operations of the API work with
 * @param operators the accounts that may change what all accounts share
 * @param host what doctor says about this machine
 * @param csrf makes the codes in forms
 * @param provider vouches for people; empty if all log in with keys
 * @param everybody who acts if the server lets everybody in; empty if callers have keys
 * @param region what the form of the login proposes
 */
public record ConsoleServices(
    RequestGuard guard,
    ImageServices images,
    Sessions sessions,
    Accounts accounts,
    People people,
    UpdateRecords updates,
    Inventories inventories,
    PlannedFixes plannedFixes,
    ImageFlattenings flattenings,
    ChannelStore channels,
    DiskStore disks,
    ResumableUploads uploads,
    Differences differences,
    SnapshotOffers snapshotOffers,
    Operators operators,
    HostChecks host,
    SigningKeys signingKeys,
    Csrf csrf,
    Optional<OpenIdProvider> provider,
    Optional<Owner> everybody,
    String region) {}
