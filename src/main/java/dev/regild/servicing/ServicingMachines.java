package dev.regild.servicing;

/**
 * What images are serviced and booted with.
 *
 * @param guests opens disks that are serviced offline
 * @param boot that boots them
 * @param live that images are serviced and booted in which run meanwhile; its time limit is for
 *     each start and each shutdown
 */
public record ServicingMachines(
    Guests guests, QualificationBoot.Machine boot, QualificationBoot.Machine live) {}
