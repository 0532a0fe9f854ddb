package dev.regild.job.node;

/** A node can't join the others; the message says why, and what to do. */
public final class NodeRefusedException extends Exception {
  NodeRefusedException(String message) {
    super(message);
  }
}
