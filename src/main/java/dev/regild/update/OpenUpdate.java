package dev.regild.update;

import java.nio.file.Path;

/**
 * An update whose disk is open, or was until it was sealed.
 *
 * @param update with the plan; from Resolve on, with what of it is possible
 * @param base the existing image's top layer, borrowed for as long as the job runs
 * @param servicing the work on its disk
 */
record OpenUpdate(Update update, Path base, Servicing servicing) {}
