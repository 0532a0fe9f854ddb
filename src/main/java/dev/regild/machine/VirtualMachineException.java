package dev.regild.machine;

/** A virtual machine that did not do what it was booted for; the message ends with its console. */
public final class VirtualMachineException extends Exception {
  VirtualMachineException(String message) {
    super(message);
  }

  VirtualMachineException(String message, Throwable cause) {
    super(message, cause);
  }
}
