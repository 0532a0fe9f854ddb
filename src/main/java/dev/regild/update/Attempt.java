package dev.regild.update;

/**
 * One attempt of a job, which begins.
 *
 * @param id what its steps are recorded under: the image that it makes, or the export's task
 * @param name of that image, or of the one that is exported
 * @param number from 1
 * @param subject what is to be done
 */
record Attempt<T>(String id, String name, int number, T subject) {}
