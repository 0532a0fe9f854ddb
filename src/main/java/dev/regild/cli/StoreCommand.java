package dev.regild.cli;

import picocli.CommandLine.Command;

/** What is done with a shared store. */
@Command(
    name = "store",
    description = "Looks after the S3 store of the images' layers; run it on a server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {CheckStoreCommand.class},
    mixinStandardHelpOptions = true)
final class StoreCommand {}
