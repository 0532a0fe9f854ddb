package dev.regild.servicing;

import java.io.IOException;
import java.io.InputStream;

/** The files of ours that a guest or the host runs, as they lie beside this class. */
public final class Resources {
  private Resources() {}

  public static byte[] read(String name) throws GuestException {
    try (InputStream in = Resources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new GuestException(name + " is missing from this build.");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new GuestException(name + " can't be read from this build.", e);
    }
  }
}
