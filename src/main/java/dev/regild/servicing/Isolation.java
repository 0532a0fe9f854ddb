package dev.regild.servicing;

/** What stands between a disk that is serviced and the host. */
public enum Isolation {
  /**
   * A libguestfs appliance: the disk is parsed in a virtual machine, never by the host's kernel.
   */
  VM,
  /** The host's kernel mounts the disk: for images that their owner trusts. */
  NAMESPACE
}
