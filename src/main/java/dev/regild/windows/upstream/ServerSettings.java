package dev.regild.windows.upstream;

/**
 * What a server asks of its clients.
 *
 * @param mostUpdates documents in one request
 * @param mostHardwareIds ids of devices in one request
 * @param mostComputerIds ids of computers in one request
 * @param catalogueOnly whether the files are Microsoft's, and not at the server
 */
record ServerSettings(
    int mostUpdates, int mostHardwareIds, int mostComputerIds, boolean catalogueOnly) {}
