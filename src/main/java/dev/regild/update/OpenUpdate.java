package dev.regild.update;

/**
 * An update whose disk is open, or was until it was sealed.
 *
 * @param update with the plan; from Resolve on, with what of it is possible
 * @param servicing the work on its disk
 */
record OpenUpdate(Update update, Servicing servicing) {}
