package dev.regild.cli.store;

import picocli.CommandLine.Command;

/** The commands for the store. */
@Command(
    name = "store",
    description = "Manages the S3 store of the images' layers. Run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {CheckStoreCommand.class},
    mixinStandardHelpOptions = true)
public final class StoreCommand {}
