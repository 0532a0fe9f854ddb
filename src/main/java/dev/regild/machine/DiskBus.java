package dev.regild.machine;

/** How a machine's disk is attached to it: a guest boots only by what it has a driver for. */
public enum DiskBus {
  VIRTIO,
  SATA
}
