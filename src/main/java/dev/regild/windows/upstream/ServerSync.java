package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.files.XmlPull;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The operations of an upstream server (MS-WSUSSS, 3.1.4), one request each. */
final class ServerSync {
  static final String SERVICE = "ServerSyncWebService/ServerSyncWebService.asmx";

  /** The plug-in of the protocol by which any downstream server may authenticate. */
  private static final String TARGETING = "DssTargeting";

  private static final String PROTOCOL = "1.20";

  /** A name in the form that servers require; it is nobody's. */
  private static final String ACCOUNT = "regild.invalid";

  /** Ten times the list of every category; the documents of a hundred updates, compressed. */
  private static final long LIST_LIMIT = 256L << 20;

  private static final long LIMIT = 1L << 30;

  /** What authenticates and configures has a few kilobytes. */
  private static final long SMALL_LIMIT = 4L << 20;

  static final int MOST_REVISIONS = 500_000;
  private static final int PROTOCOL_MOST = 100;
  private static final int PROTOCOL_MOST_IDS = 450;
  private static final int PROTOCOL_MOST_COMPUTERS = 200;

  /** No computer has it: servers pass over what they do not know, and some want at least one. */
  private static final String NO_COMPUTER = "00000000-0000-0000-0000-000000000000";

  private final URI root;
  private final Transport transport;
  private final Optional<Recording> recording;

  /**
   * @param root of the server, with a slash at its end
   */
  ServerSync(URI root, Transport transport, Optional<Recording> recording) {
    this.root = root;
    this.transport = transport.staying();
    this.recording = recording;
  }

  /** Reads the result of an operation. */
  @FunctionalInterface
  interface Result {
    void read(XmlPull xml) throws IOException;
  }

  URI root() {
    return root;
  }

  /** GetAuthConfig: returns where to authenticate. */
  URI authenticationService() throws SyncFault, FetchException, InterruptedException {
    List<String> urls = new ArrayList<>();
    post(
        root.resolve(SERVICE),
        SyncMessage.of("GetAuthConfig"),
        SMALL_LIMIT,
        result ->
            result.children(part -> {
              if (part.equals("AuthInfo")) {
                result.children(_ -> plugIn(result, urls));
              }
            }));
    URI service =
        urls.stream()
            .findFirst()
            .map(this::resolved)
            .orElseThrow(() ->
                new FetchException(
                    root + " does not offer DssTargeting; check that it is a WSUS server"));
    if (!String.valueOf(service.getAuthority()).equals(root.getAuthority())
        || !root.getScheme().equals(service.getScheme())) {
      throw new FetchException(
          "%s sends its clients to another server, %s, which is not followed; correct the channel's url"
              .formatted(
                  root, Optional.ofNullable(service.getAuthority()).orElse("a malformed address")));
    }
    return service;
  }

  private URI resolved(String url) {
    try {
      return root.resolve(url);
    } catch (IllegalArgumentException e) {
      // Of no server: it is refused below.
      return URI.create("malformed:address");
    }
  }

  private static void plugIn(XmlPull result, List<String> urls) throws IOException {
    String[] said = {"", ""};
    result.children(name -> {
      switch (name) {
        case "PlugInID" -> said[0] = result.text();
        case "ServiceUrl" -> said[1] = result.text();
        default -> {
          // Parameters of other plug-ins.
        }
      }
    });
    if (said[0].equals(TARGETING) && urls.isEmpty()) {
      urls.add(said[1]);
    }
  }

  /** GetAuthorizationCookie and GetCookie. */
  SyncCookie cookie(URI authentication, UUID account)
      throws SyncFault, FetchException, InterruptedException {
    String[] plugIn = {"", ""};
    post(
        authentication,
        SyncMessage.ofAuthentication("GetAuthorizationCookie")
            .element("accountName", ACCOUNT)
            .element("accountGuid", account.toString()),
        SMALL_LIMIT,
        result ->
            result.children(name -> {
              switch (name) {
                case "PlugInId" -> plugIn[0] = result.text();
                case "CookieData" -> plugIn[1] = result.text();
                default -> {
                  // Nothing else is known of it.
                }
              }
            }));
    String[] cookie = {"", ""};
    SyncMessage message = SyncMessage.of("GetCookie");
    message.element(
        "authCookies",
        () ->
            message.element(
                "AuthorizationCookie",
                () -> {
                  message.element("PlugInId", plugIn[0]);
                  message.element("CookieData", plugIn[1]);
                }));
    message.element("protocolVersion", PROTOCOL);
    post(
        root.resolve(SERVICE),
        message,
        SMALL_LIMIT,
        result ->
            result.children(name -> {
              switch (name) {
                case "Expiration" -> cookie[0] = result.text();
                case "EncryptedData" -> cookie[1] = result.text();
                default -> {
                  // Nothing else is known of it.
                }
              }
            }));
    if (cookie[1].isEmpty()) {
      throw new FetchException(root + " gave no cookie; check that it is a WSUS server");
    }
    return new SyncCookie(cookie[0], cookie[1]);
  }

  /** GetConfigData. */
  ServerSettings settings(SyncCookie cookie)
      throws SyncFault, FetchException, InterruptedException {
    int[] most = {1, PROTOCOL_MOST_IDS, PROTOCOL_MOST_COMPUTERS};
    boolean[] catalogueOnly = {false};
    post(
        root.resolve(SERVICE),
        SyncMessage.of("GetConfigData").cookie(cookie),
        SMALL_LIMIT,
        result ->
            result.children(name -> {
              switch (name) {
                case "MaxNumberOfUpdatesPerRequest" ->
                    most[0] = Math.clamp(number(result.text()), 1, PROTOCOL_MOST);
                case "MaxNumberOfPnpHardwareIdsInRequest" ->
                    most[1] = Math.clamp(number(result.text()), 1, PROTOCOL_MOST_IDS);
                case "MaxNumberOfComputerIdsInRequest" ->
                    most[2] = Math.clamp(number(result.text()), 1, PROTOCOL_MOST_COMPUTERS);
                case "CatalogOnlySync" -> catalogueOnly[0] = result.text().equals("true");
                default -> {
                  // Languages and drivers.
                }
              }
            }));
    return new ServerSettings(most[0], most[1], most[2], catalogueOnly[0]);
  }

  private static int number(String text) throws IOException {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IOException("'" + text + "' is not a number", e);
    }
  }

  /**
   * GetRevisionIdList.
   *
   * @param anchor of the last time; empty for all
   * @param products by id, with whether only what has changed since the anchor is wanted
   * @param classifications the same
   */
  RevisionList revisions(
      SyncCookie cookie,
      String anchor,
      Map<String, Boolean> products,
      Map<String, Boolean> classifications)
      throws SyncFault, FetchException, InterruptedException {
    SyncMessage message = SyncMessage.of("GetRevisionIdList").cookie(cookie);
    message.element(
        "filter",
        () -> {
          if (!anchor.isEmpty()) {
            message.element("Anchor", anchor);
          }
          message.element("GetConfig", "false");
          message.element("Get63LanguageOnly", "false");
          message.deltas("Categories", products);
          message.deltas("Classifications", classifications);
        });
    return list(message);
  }

  /** GetRevisionIdList of every product, classification and detectoid. */
  RevisionList categories(SyncCookie cookie)
      throws SyncFault, FetchException, InterruptedException {
    SyncMessage message = SyncMessage.of("GetRevisionIdList").cookie(cookie);
    message.element(
        "filter",
        () -> {
          message.element("GetConfig", "true");
          message.element("Get63LanguageOnly", "false");
        });
    return list(message);
  }

  /**
   * GetDriverIdList, which only Microsoft's server answers. The sets of drivers of computers that
   * it names too are not asked for (GetDriverSetData): their drivers are among the revisions, whose
   * own documents say for which computers they are.
   *
   * @param products of drivers
   * @param computers the hardware ids of computers, at most as many as the server's settings say
   * @param hardwareIds of devices, at most as many as the server's settings say
   * @return drivers; the anchor is not used, since each request names other devices
   */
  RevisionList drivers(
      SyncCookie cookie,
      Collection<UUID> products,
      Collection<String> computers,
      Collection<String> hardwareIds)
      throws SyncFault, FetchException, InterruptedException {
    SyncMessage message = SyncMessage.of("GetDriverIdList").cookie(cookie);
    Map<String, Boolean> categories = new LinkedHashMap<>();
    products.forEach(each -> categories.put(each.toString(), false));
    Map<String, Boolean> wanted = new LinkedHashMap<>();
    (computers.isEmpty() ? List.of(NO_COMPUTER) : computers)
        .forEach(each -> wanted.put(each, false));
    message.element(
        "filter",
        () -> {
          message.deltas("Categories", categories);
          message.deltas("ComputerIds", wanted);
          message.hardware("PnpHardwareIds", hardwareIds);
        });
    return list(message);
  }

  private RevisionList list(SyncMessage message)
      throws SyncFault, FetchException, InterruptedException {
    String[] anchor = {""};
    List<RevisionId> revisions = new ArrayList<>();
    post(
        root.resolve(SERVICE),
        message,
        LIST_LIMIT,
        result ->
            result.children(part -> {
              switch (part) {
                case "Anchor" -> anchor[0] = result.text();
                case "NewRevisions" ->
                    result.children(_ -> {
                      if (revisions.size() == MOST_REVISIONS) {
                        throw new UnusableAnswerException(
                            "it lists more than %d revisions; name fewer products in the channel's file"
                                .formatted(MOST_REVISIONS));
                      }
                      revisions.add(revision(result));
                    });
                default -> {
                  // Nothing else is known of it.
                }
              }
            }));
    return new RevisionList(anchor[0], revisions);
  }

  static RevisionId revision(XmlPull xml) throws IOException {
    String[] said = {"", ""};
    xml.children(name -> {
      switch (name) {
        case "UpdateID" -> said[0] = xml.text();
        case "RevisionNumber" -> said[1] = xml.text();
        default -> {
          // Nothing else is known of it.
        }
      }
    });
    try {
      return new RevisionId(UUID.fromString(said[0]), Integer.parseInt(said[1]));
    } catch (IllegalArgumentException e) {
      throw new IOException("'" + said[0] + "." + said[1] + "' is not the id of a revision", e);
    }
  }

  /** GetUpdateData. */
  void documents(SyncCookie cookie, Collection<RevisionId> ids, Result reader)
      throws SyncFault, FetchException, InterruptedException {
    post(
        root.resolve(SERVICE),
        SyncMessage.of("GetUpdateData").cookie(cookie).revisions("updateIds", ids),
        LIMIT,
        reader);
  }

  /** DownloadFiles: asks a WSUS to have files, by their SHA-1 in base 64; at most 100. */
  void downloadFiles(SyncCookie cookie, List<String> digests)
      throws SyncFault, FetchException, InterruptedException {
    post(
        root.resolve(SERVICE),
        SyncMessage.of("DownloadFiles").cookie(cookie).digests("fileDigestList", digests),
        SMALL_LIMIT,
        _ -> {});
  }

  private void post(URI uri, SyncMessage message, long limit, Result reader)
      throws SyncFault, FetchException, InterruptedException {
    byte[] bytes = message.bytes();
    Optional<SyncFault> fault =
        transport.post(
            uri,
            message.headers(),
            bytes,
            limit,
            (status, body) -> {
              try (InputStream in = recorded(message, bytes, body)) {
                return answer(uri, message.operation(), in, reader);
              }
            });
    if (fault.isPresent()) {
      throw fault.get();
    }
  }

  private InputStream recorded(SyncMessage message, byte[] bytes, InputStream body)
      throws IOException {
    return recording.isPresent()
        ? recording.get().exchange(message.operation(), bytes, body)
        : body;
  }

  private static Optional<SyncFault> answer(
      URI uri, String operation, InputStream body, Result reader)
      throws IOException, FetchException {
    SyncFault[] fault = {null};
    try (XmlPull xml = XmlPull.open(new InputStreamReader(body, UTF_8))) {
      if (!xml.root().equals("Envelope")) {
        throw new IOException("it is not SOAP");
      }
      xml.children(part -> {
        if (part.equals("Body")) {
          xml.children(content -> {
            if (content.equals("Fault")) {
              fault[0] = fault(operation, xml);
            } else if (content.equals(operation + "Response")) {
              xml.children(result -> {
                if (result.equals(operation + "Result")) {
                  reader.read(xml);
                }
              });
            }
          });
        }
      });
      xml.end();
      return Optional.ofNullable(fault[0]);
    } catch (UnusableAnswerException e) {
      throw new FetchException(uri + ": " + e.getMessage(), e);
    }
  }

  private static SyncFault fault(String operation, XmlPull xml) throws IOException {
    String[] said = {"", "", ""};
    xml.children(part -> {
      switch (part) {
        case "detail", "Detail" ->
            xml.children(name -> {
              switch (name) {
                case "ErrorCode" -> said[0] = xml.text();
                case "Message" -> said[1] = xml.text();
                default -> {
                  // For its administrator.
                }
              }
            });
        case "faultstring" -> said[2] = xml.text();
        default -> {
          // Who failed.
        }
      }
    });
    return new SyncFault(
        operation, said[0], said[1].isEmpty() && said[0].isEmpty() ? said[2] : said[1]);
  }

  /** An answer that would be the same the next time. */
  static final class UnusableAnswerException extends IOException {
    private static final long serialVersionUID = 1;

    UnusableAnswerException(String message) {
      super(message);
    }

    UnusableAnswerException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
