package dev.regild.store;

import java.io.IOException;

/** The store refused a call, or did not answer in time. The message contains the store's own. */
public class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  StoreException(String message, Throwable cause) {
    super(message, cause);
  }

  StoreException(String message) {
    super(message);
  }
}
