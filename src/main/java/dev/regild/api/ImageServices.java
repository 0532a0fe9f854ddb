package dev.regild.api;

import dev.regild.db.Database;
import dev.regild.image.ExportTask;
import dev.regild.image.Image;
import dev.regild.image.ImageBuilder;
import dev.regild.image.Owner;
import dev.regild.image.Quotas;
import dev.regild.update.CopyRequest;
import dev.regild.update.ExportRequest;
import dev.regild.update.ImportRequest;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import java.time.Clock;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What the operations work with. What they ask for may be refused with {@link
 * dev.regild.image.RefusedException}.
 *
 * @param database where the registry is kept
 * @param updates accepts an update, or says what it would do
 * @param imports accepts an import, and answers with the new image
 * @param importChecks looks whether an import could be accepted once its disk is there, and answers
 *     with the image that it would make
 * @param copies accepts a copy, and answers with the new image
 * @param exports accepts an export, and answers with its task
 * @param deletions deletes the owner's image of a name, and answers with its last state
 * @param builderDeletions deletes the owner's image builder of a name, and answers with it
 * @param agentIsLatest says of images that are answered together whether their channel has no newer
 *     agent; empty for one without an agent
 * @param quotas refuses what would exceed one
 * @param accountExists whether this server has an account of that id
 * @param pageTokens signs the tokens of pages
 * @param clock tells the time
 */
public record ImageServices(
    Database database,
    Function<UpdateRequest, UpdateAnswer> updates,
    Function<ImportRequest, Image> imports,
    Function<ImportRequest, Image> importChecks,
    Function<CopyRequest, Image> copies,
    Function<ExportRequest, ExportTask> exports,
    BiFunction<Owner, String, Image> deletions,
    BiFunction<Owner, String, ImageBuilder> builderDeletions,
    Supplier<Function<Image, Optional<Boolean>>> agentIsLatest,
    Quotas quotas,
    Predicate<String> accountExists,
    PageTokens pageTokens,
    Clock clock) {}
