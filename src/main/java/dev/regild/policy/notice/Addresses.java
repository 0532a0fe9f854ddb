package dev.regild.policy.notice;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses webhooks may be at. An account's webhook is a way for it to have the server
 * connect to an address, so those of the server's own networks are refused unless the operator
 * allows them.
 *
 * @param allowed networks that the operator allows
 */
public record Addresses(List<Network> allowed) {
  /**
   * RFC 6890 and its successors: what is not reached by way of the Internet, and what embeds it.
   */
  private static final List<Network> PRIVATE =
      List.of(
          Network.parse("0.0.0.0/8"),
          Network.parse("10.0.0.0/8"),
          Network.parse("100.64.0.0/10"),
          Network.parse("127.0.0.0/8"),
          Network.parse("169.254.0.0/16"),
          Network.parse("172.16.0.0/12"),
          Network.parse("192.0.0.0/24"),
          Network.parse("192.0.2.0/24"),
          Network.parse("192.88.99.0/24"),
          Network.parse("192.168.0.0/16"),
          Network.parse("198.18.0.0/15"),
          Network.parse("198.51.100.0/24"),
          Network.parse("203.0.113.0/24"),
          Network.parse("224.0.0.0/3"),
          // Of IPv6, only 2000::/3 is in use for the Internet.
          Network.parse("::/3"),
          Network.parse("2001::/23"),
          Network.parse("2001:db8::/32"),
          Network.parse("2002::/16"),
          Network.parse("3fff::/20"),
          Network.parse("4000::/2"),
          Network.parse("8000::/1"));

  public Addresses {
    allowed = List.copyOf(allowed);
  }

  /**
   * A network.
   *
   * @param address its first address
   * @param bits how many bits of an address are the network's
   */
  public record Network(InetAddress address, int bits) {
    /**
     * Reads {@code 10.0.0.0/8}.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public static Network parse(String text) {
      String[] parts = text.split("/", -1);
      if (parts.length == 2
          && parts[0].matches("[0-9a-fA-F:.]+")
          && parts[0].matches(".*[:.].*")
          && parts[1].matches("\\d{1,3}")) {
        try {
          // It is a literal, which nobody is asked about.
          InetAddress address = InetAddress.getByName(parts[0]);
          int bits = Integer.parseInt(parts[1]);
          if (bits <= address.getAddress().length * 8) {
            return new Network(address, bits);
          }
        } catch (UnknownHostException e) {
          throw new IllegalArgumentException("not a network: " + text, e);
        }
      }
      throw new IllegalArgumentException("not a network: " + text);
    }

    boolean contains(InetAddress other) {
      byte[] ours = address.getAddress();
      byte[] theirs = other.getAddress();
      if (ours.length != theirs.length) {
        return false;
      }
      int whole = bits / 8;
      int rest = bits % 8;
      int mask = 0xFF << (8 - rest) & 0xFF;
      return Arrays.equals(ours, 0, whole, theirs, 0, whole)
          && (rest == 0 || (ours[whole] & mask) == (theirs[whole] & mask));
    }
  }

  /** Whether a webhook may be at that address. */
  public boolean mayReach(InetAddress given) {
    InetAddress address = unmapped(given);
    return allowed.stream().anyMatch(network -> network.contains(address))
        || PRIVATE.stream().noneMatch(network -> network.contains(address));
  }

  /**
   * A name server may answer with ::ffff:127.0.0.1, which the system connects to by IPv4. Java
   * makes an IPv4 address of it only where it reads the bytes itself.
   */
  private static InetAddress unmapped(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("An address has 4 or 16 bytes, not " + address, e);
    }
  }

  /**
   * Returns the addresses of a host, each of which may be reached. Whoever connects uses one of
   * these, and does not ask again.
   *
   * @throws UnreachableException if it has none, or one that may not be reached
   */
  List<InetAddress> resolve(String host) throws UnreachableException {
    InetAddress[] all;
    try {
      all = InetAddress.getAllByName(host.replaceAll("^\\[|]$", ""));
    } catch (UnknownHostException e) {
      throw new UnreachableException(
          "The host %s does not exist. Check its name.".formatted(host), e);
    }
    for (InetAddress address : all) {
      if (!mayReach(address)) {
        throw new UnreachableException(
            "The host %s has the private address %s. The operator can allow it with the key notices.allow."
                .formatted(host, address.getHostAddress()));
      }
    }
    return List.of(all).stream().sorted(Addresses::ipv4First).toList();
  }

  private static int ipv4First(InetAddress one, InetAddress other) {
    return Boolean.compare(!(one instanceof Inet4Address), !(other instanceof Inet4Address));
  }

  /** A host that is not connected to. */
  static final class UnreachableException extends Exception {
    UnreachableException(String message) {
      super(message);
    }

    UnreachableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
