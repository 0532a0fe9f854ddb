package dev.regild.cli.client;

import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the address of a server: a URL, or HOST:PORT, which stands for http. */
final class ServerAddress implements ITypeConverter<URI> {
  @Override
  public URI convert(String text) {
    try {
      URI address = new URI(text.contains("://") ? text : "http://" + text);
      boolean hasScheme = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
      if (hasScheme && address.getHost() != null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Answered below, like every other text that is not an address.
    }
    throw new TypeConversionException(
        "'%s' is not a server's address; write http://HOST:PORT, https://HOST:PORT or HOST:PORT"
            .formatted(text));
  }
}
