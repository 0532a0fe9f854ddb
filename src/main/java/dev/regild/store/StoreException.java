package dev.regild.store;

import java.io.IOException;

/** The store refused something, or did not answer in time; the message has its own words. */
public class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  StoreException(String message, Throwable cause) {
    super(message, cause);
  }

  StoreException(String message) {
    super(message);
  }
}
