package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * An upstream server over real SOAP on loopback: it answers the operations of MS-WSUSSS in the
 * recorded shapes, is as strict about the order of a request's elements as the schema, and does
 * what a test tells it to do wrong. It serves the updates' files too.
 */
public final class FakeUpstream implements AutoCloseable {
  /** By what shape: Microsoft's own, whose files are elsewhere, or a WSUS with its own files. */
  public enum Shape {
    MICROSOFT,
    WSUS
  }

  /** An error that is answered in place of a result. */
  private record Fault(String code, String message) {}

  private record Update(RevisionId id, String text, Set<String> categories, long change) {}

  private static final String NAMESPACE = "http://www.microsoft.com/SoftwareDistribution";
  private static final int MOST_IDS = 3;
  private static final int MOST_COMPUTERS = 2;
  private static final int LARGEST_PLAIN = 2560;
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final Shape shape;
  private final Path work;
  private final HttpServer server;
  private final Map<RevisionId, Update> updates = new LinkedHashMap<>();
  private final Map<String, DocumentFile> files = new HashMap<>();
  private final Map<String, byte[]> contents = new HashMap<>();
  private final Map<String, Path> served = new HashMap<>();
  private final Map<String, Deque<Fault>> faults = new HashMap<>();
  private final Set<String> cookies = new HashSet<>();
  private final Map<RevisionId, byte[]> cabinets = new HashMap<>();
  private final List<String> requests = new ArrayList<>();
  private final List<String> bodies = new ArrayList<>();
  private final List<String> downloads = new ArrayList<>();
  private final List<String> ranges = new ArrayList<>();
  private long change = 1;
  private int most = 100;
  private int mostInAnswer = Integer.MAX_VALUE;
  private int cookieCount;
  private int cookieCalls = Integer.MAX_VALUE;
  private String redirect = "";
  private String lacking = "";
  private String microsoftHost = "";
  private String rawAnswer = "";
  private String moreUrls = "";
  private int moreRevisions;
  private boolean closeAfterHalf;
  private String held = "";
  private int heldFrom = Integer.MAX_VALUE;
  private boolean holdsDownloads;
  private CountDownLatch going = new CountDownLatch(0);
  private CountDownLatch reached = new CountDownLatch(0);

  public FakeUpstream(Shape shape, Path work) throws IOException {
    this(shape, work, HttpServer.create(LOOPBACK, 0));
  }

  /** One behind TLS. */
  public FakeUpstream(Shape shape, Path work, SSLContext tls) throws IOException {
    this(shape, work, behind(tls));
  }

  private static HttpServer behind(SSLContext tls) throws IOException {
    HttpsServer server = HttpsServer.create(LOOPBACK, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return server;
  }

  private FakeUpstream(Shape shape, Path work, HttpServer server) throws IOException {
    this.shape = shape;
    this.work = Files.createDirectories(work);
    this.server = server;
    server.createContext("/", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String url() {
    return (server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:" + port();
  }

  /** Publishes a document; one with the same id and a higher revision takes its place. */
  public synchronized FakeUpstream publish(RevisionId id, String text, String... categories) {
    updates.keySet().removeIf(each -> each.update().equals(id.update()));
    updates.put(id, new Update(id, text, Set.of(categories), change++));
    cabinets.remove(id);
    return this;
  }

  /** Publishes a bundle; its parts are listed with it. */
  public FakeUpstream publish(UpdateDocuments.Bundle bundle) {
    return publish(
        new RevisionId(bundle.id, bundle.revision),
        bundle.text(),
        bundle.product,
        bundle.classification);
  }

  /** Removes an update, which is not listed any more. */
  public synchronized void withdraw(UUID id) {
    updates.keySet().removeIf(each -> each.update().equals(id));
  }

  public synchronized void withdrawAll() {
    updates.clear();
  }

  /** A document in the form that a test has made itself. */
  public synchronized void publishCabinet(RevisionId id, byte[] cabinet, String... categories) {
    publish(id, "", categories);
    cabinets.put(id, cabinet);
  }

  /** A file that documents name, with a content of its own. */
  public synchronized DocumentFile file(String name, byte[] content) throws Exception {
    DocumentFile file =
        new DocumentFile(
            name,
            content.length,
            MessageDigest.getInstance("SHA-1").digest(content),
            MessageDigest.getInstance("SHA-256").digest(content),
            "SelfContained");
    files.put(file.digest(), file);
    contents.put(file.content(), content);
    contents.put("/msdownload/" + name, content);
    return file;
  }

  public synchronized DocumentFile file(Path path) throws Exception {
    return file(String.valueOf(path.getFileName()), Files.readAllBytes(path));
  }

  /** The server has other bytes for a file than its documents say. */
  public synchronized void replace(DocumentFile file, byte[] content) {
    contents.put(file.content(), content);
    contents.put("/msdownload/" + file.name(), content);
  }

  /** The server lists a file, and does not have it until it is asked to. */
  public synchronized void withhold(DocumentFile file) {
    served.put(file.content(), Path.of("withheld"));
  }

  public synchronized void fault(String operation, String code, String message) {
    faults.computeIfAbsent(operation, _ -> new ArrayDeque<>()).add(new Fault(code, message));
  }

  public synchronized void endCookies() {
    cookies.clear();
  }

  /** A cookie ends after so many calls. */
  public synchronized void cookiesEndAfter(int calls) {
    cookieCalls = calls;
  }

  public synchronized void answerAtMost(int documents) {
    mostInAnswer = documents;
  }

  public synchronized void limitTo(int documents) {
    most = documents;
  }

  public synchronized void forget(RevisionId id) {
    updates.put(id, new Update(id, "gone", updates.get(id).categories(), updates.get(id).change()));
  }

  /** The server has a document again that it had forgotten, and lists nothing new. */
  public synchronized void remember(UpdateDocuments.Bundle bundle) {
    RevisionId id = new RevisionId(bundle.id, bundle.revision);
    Update gone = updates.get(id);
    updates.put(id, new Update(id, bundle.text(), gone.categories(), gone.change()));
  }

  public synchronized void redirectTo(String url) {
    redirect = url;
  }

  /** There is nothing at addresses that begin with this path. */
  public synchronized void lack(String path) {
    lacking = path;
  }

  public synchronized void microsoftHost(String url) {
    microsoftHost = url;
  }

  /** Each answer with documents has these addresses too. */
  public synchronized void moreUrls(String text) {
    moreUrls = text;
  }

  /** Each list has as many others too. */
  public synchronized void moreRevisions(int count) {
    moreRevisions = count;
  }

  public synchronized void answerRaw(String text) {
    rawAnswer = text;
  }

  public synchronized void breakDownloads(boolean broken) {
    closeAfterHalf = broken;
  }

  /**
   * Answers nothing from the nth call of an operation on, until {@link #goOn}.
   *
   * @return is done when that call has come
   */
  public synchronized CountDownLatch holdFrom(String operation, int nth) {
    held = operation;
    heldFrom = nth;
    going = new CountDownLatch(1);
    reached = new CountDownLatch(1);
    return reached;
  }

  /**
   * Stops downloads after a half of the file, until {@link #goOn}.
   *
   * @return is done when one has come so far
   */
  public synchronized CountDownLatch holdDownloads() {
    holdsDownloads = true;
    going = new CountDownLatch(1);
    reached = new CountDownLatch(1);
    return reached;
  }

  public synchronized void goOn() {
    heldFrom = Integer.MAX_VALUE;
    holdsDownloads = false;
    going.countDown();
  }

  private void awaitLeave(String operation) throws InterruptedException {
    CountDownLatch until;
    synchronized (this) {
      boolean holds =
          operation.equals(held) && requests.stream().filter(operation::equals).count() >= heldFrom;
      if (!holds) {
        return;
      }
      reached.countDown();
      until = going;
    }
    until.await();
  }

  /** The operations that were called, in their order. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  public synchronized List<String> bodies() {
    return List.copyOf(bodies);
  }

  public synchronized List<String> downloads() {
    return List.copyOf(downloads);
  }

  public synchronized List<String> ranges() {
    return List.copyOf(ranges);
  }

  public synchronized void clear() {
    requests.clear();
    bodies.clear();
    downloads.clear();
    ranges.clear();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!redirect.isEmpty()) {
        exchange.getResponseHeaders().set("Location", redirect);
        exchange.sendResponseHeaders(302, -1);
      } else if (!lacking.isEmpty() && exchange.getRequestURI().getPath().startsWith(lacking)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (exchange.getRequestMethod().equals("POST")) {
        soap(exchange);
      } else {
        download(exchange);
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private void download(HttpExchange exchange) throws IOException, InterruptedException {
    String path = exchange.getRequestURI().getPath();
    byte[] content;
    int from = 0;
    boolean half;
    boolean holds;
    CountDownLatch until;
    synchronized (this) {
      holds = holdsDownloads;
      until = going;
      downloads.add(path);
      content = served.containsKey(path) ? null : contents.get(path);
      half = closeAfterHalf;
      String range = exchange.getRequestHeaders().getFirst("Range");
      if (range != null) {
        ranges.add(range);
        from = Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
      }
    }
    if (content == null) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
    try (OutputStream out = exchange.getResponseBody()) {
      int count = half || holds ? (content.length - from) / 2 : content.length - from;
      out.write(content, from, count);
      out.flush();
      if (half) {
        throw new IOException("the tests break the connection");
      }
      if (holds) {
        reached.countDown();
        until.await();
        out.write(content, from + count, content.length - from - count);
      }
    }
  }

  private void soap(HttpExchange exchange) throws Exception {
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    Element request = operation(body);
    String operation = request.getLocalName();
    String action = exchange.getRequestHeaders().getFirst("SOAPAction");
    synchronized (this) {
      requests.add(operation);
      bodies.add(body);
    }
    awaitLeave(operation);
    String answer;
    int status = 200;
    try {
      if (!action.equals('"' + request.getNamespaceURI() + "/" + operation + '"')) {
        throw new FaultException("InvalidParameters", "SOAPAction");
      }
      answer = answer(operation, request);
    } catch (FaultException e) {
      status = 500;
      answer =
          ("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Fault occurred</faultstring>"
                  + "<faultactor>%s</faultactor><detail><ErrorCode>%s</ErrorCode><Message>%s</Message>"
                  + "<ID>%s</ID><Method>\"%s/%s\"</Method></detail></soap:Fault>")
              .formatted(url(), e.code, e.said, UUID.randomUUID(), NAMESPACE, operation);
    }
    String raw;
    synchronized (this) {
      raw = rawAnswer;
    }
    String envelope =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope"
            + " xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
            + " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soap:Body>"
            + answer
            + "</soap:Body></soap:Envelope>";
    byte[] bytes = (raw.isEmpty() ? envelope : raw).getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/xml; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static final class FaultException extends Exception {
    private static final long serialVersionUID = 1;
    private final String code;
    private final String said;

    FaultException(String code, String said) {
      super(code);
      this.code = code;
      this.said = said;
    }
  }

  private static Element operation(String body) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultNSInstance();
    Element envelope =
        factory
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(body.getBytes(UTF_8)))
            .getDocumentElement();
    return children(children(envelope).getFirst()).getFirst();
  }

  private static List<Element> children(Element element) {
    List<Element> children = new ArrayList<>();
    for (Node each = element.getFirstChild(); each != null; each = each.getNextSibling()) {
      if (each instanceof Element child) {
        children.add(child);
      }
    }
    return children;
  }

  private static Element child(Element element, String name) throws FaultException {
    return children(element).stream()
        .filter(each -> each.getLocalName().equals(name))
        .findFirst()
        .orElseThrow(() -> new FaultException("InvalidParameters", name));
  }

  /** Servers take the elements of a schema's sequence in no other order. */
  private static void requireOrder(Element element, String... names) throws FaultException {
    List<String> order = List.of(names);
    int last = -1;
    for (Element each : children(element)) {
      int at = order.indexOf(each.getLocalName());
      if (at <= last) {
        throw new FaultException("InvalidParameters", each.getLocalName());
      }
      last = at;
    }
  }

  private synchronized String answer(String operation, Element request) throws Exception {
    Deque<Fault> waiting = faults.getOrDefault(operation, new ArrayDeque<>());
    if (!waiting.isEmpty()) {
      Fault fault = waiting.remove();
      throw new FaultException(fault.code(), fault.message());
    }
    return switch (operation) {
      case "GetAuthConfig" ->
          result(
              operation,
              "<LastChange>2026-10-04T13:16:35.433Z</LastChange><AuthInfo><AuthPlugInInfo>"
                  + "<PlugInID>DssTargeting</PlugInID>"
                  + "<ServiceUrl>DssAuthWebService/DssAuthWebService.asmx</ServiceUrl><Parameter />"
                  + "</AuthPlugInInfo></AuthInfo>");
      case "GetAuthorizationCookie" -> {
        requireOrder(request, "accountName", "accountGuid");
        var _ = UUID.fromString(child(request, "accountGuid").getTextContent());
        yield ("<GetAuthorizationCookieResponse xmlns=\"%s/Server/DssAuthWebService\">"
                + "<GetAuthorizationCookieResult><PlugInId>DssTargeting</PlugInId>"
                + "<CookieData>c2VjcmV0</CookieData></GetAuthorizationCookieResult>"
                + "</GetAuthorizationCookieResponse>")
            .formatted(NAMESPACE);
      }
      case "GetCookie" -> {
        requireOrder(request, "authCookies", "oldCookie", "protocolVersion");
        String cookie =
            Base64.getEncoder().encodeToString(("cookie" + ++cookieCount).getBytes(UTF_8));
        cookies.add(cookie);
        yield result(
            operation,
            "<Expiration>1999-01-01T00:00:00Z</Expiration><EncryptedData>%s</EncryptedData>"
                .formatted(cookie));
      }
      case "GetConfigData" -> {
        requireCookie(request);
        yield result(
            operation,
            "<CatalogOnlySync>%s</CatalogOnlySync><LazySync>true</LazySync>"
                    .formatted(shape == Shape.MICROSOFT)
                + "<MaxNumberOfUpdatesPerRequest>%d</MaxNumberOfUpdatesPerRequest>".formatted(most)
                + "<MaxNumberOfPnpHardwareIdsInRequest>%d</MaxNumberOfPnpHardwareIdsInRequest>"
                    .formatted(MOST_IDS)
                + "<MaxNumberOfComputerIdsInRequest>%d</MaxNumberOfComputerIdsInRequest>"
                    .formatted(MOST_COMPUTERS)
                + "<NewConfigAnchor>1,2026-10-04 16:33:26.670</NewConfigAnchor>"
                + "<ProtocolVersion>1.20</ProtocolVersion><LanguageUpdateList>"
                + "<ServerSyncLanguageData><LanguageID>1033</LanguageID></ServerSyncLanguageData>"
                + "</LanguageUpdateList>");
      }
      case "GetRevisionIdList" -> revisions(operation, request);
      case "GetDriverIdList" -> drivers(operation, request);
      case "GetUpdateData" -> documents(operation, request);
      case "DownloadFiles" -> {
        requireCookie(request);
        for (Element digest : children(child(request, "fileDigestList"))) {
          served.remove(files.get(digest.getTextContent()).content());
        }
        yield "<DownloadFilesResponse xmlns=\"%s\" />".formatted(NAMESPACE);
      }
      default -> throw new FaultException("InternalServerError", "");
    };
  }

  private static String result(String operation, String content) {
    return "<%1$sResponse xmlns=\"%2$s\"><%1$sResult>%3$s</%1$sResult></%1$sResponse>"
        .formatted(operation, NAMESPACE, content);
  }

  private void requireCookie(Element request) throws FaultException {
    String cookie = child(child(request, "cookie"), "EncryptedData").getTextContent();
    if (cookieCalls-- <= 0) {
      cookies.clear();
      cookieCalls = Integer.MAX_VALUE;
    }
    if (!cookies.contains(cookie)) {
      throw new FaultException("InvalidCookie", "");
    }
  }

  private String revisions(String operation, Element request) throws FaultException {
    requireCookie(request);
    Element filter = child(request, "filter");
    requireOrder(
        filter,
        "Anchor",
        "GetConfig",
        "Get63LanguageOnly",
        "Categories",
        "Classifications",
        "Languages");
    List<RevisionId> found = new ArrayList<>();
    if (child(filter, "GetConfig").getTextContent().equals("true")) {
      for (Map<String, UUID> each :
          List.of(
              Categories.known().products(),
              Categories.known().classifications(),
              Categories.known().drivers())) {
        each.values().forEach(id -> found.add(new RevisionId(id, 100)));
      }
    } else {
      long anchor = 0;
      for (Element each : children(filter)) {
        if (each.getLocalName().equals("Anchor")) {
          String text = each.getTextContent();
          if (!text.matches("[0-9]+,2026-10-04 16:33:26[.]8[0-9]+")) {
            throw new FaultException("InvalidParameters", "filter");
          }
          anchor = Long.parseLong(text.replaceFirst(",.*", ""));
        }
      }
      Map<String, Boolean> products = deltas(child(filter, "Categories"));
      Map<String, Boolean> classifications = deltas(child(filter, "Classifications"));
      for (Update update : updates.values()) {
        if (isListed(update, anchor, products, classifications)) {
          found.add(update.id());
        }
      }
    }
    return result(
        operation,
        "<Anchor>%d,2026-10-04 16:33:26.848</Anchor>".formatted(change - 1)
            + found.stream()
                .map(FakeUpstream::identity)
                .collect(
                    Collectors.joining(
                        "",
                        "<NewRevisions>",
                        "<a><UpdateID>1-1-1-1-1</UpdateID><RevisionNumber>1</RevisionNumber></a>"
                                .repeat(moreRevisions)
                            + "</NewRevisions>")));
  }

  /** Microsoft's own server alone has this; a driver is listed for its devices and computers. */
  private String drivers(String operation, Element request) throws FaultException {
    requireCookie(request);
    if (shape != Shape.MICROSOFT) {
      throw new FaultException("InternalServerError", "");
    }
    Element filter = child(request, "filter");
    requireOrder(
        filter, "DssProtocolVersion", "Anchor", "Categories", "ComputerIds", "PnpHardwareIds");
    Set<String> products = deltas(child(filter, "Categories")).keySet();
    Set<String> ids = new HashSet<>();
    for (Element each : children(child(filter, "PnpHardwareIds"))) {
      requireOrder(each, "Id", "Delta");
      ids.add(child(each, "Id").getTextContent());
    }
    Set<String> computers = deltas(child(filter, "ComputerIds")).keySet();
    if (ids.size() > MOST_IDS || computers.size() > MOST_COMPUTERS || computers.isEmpty()) {
      throw new FaultException("InvalidParameters", "filter");
    }
    boolean sets = updates.values().stream().anyMatch(each -> isFor(each, computers));
    ids.addAll(computers);
    return result(
        operation,
        "<Anchor>9,2026-10-04 16:33:26.848</Anchor><NewRevisions>"
            + updates.values().stream()
                .filter(each -> each.categories().stream().anyMatch(products::contains))
                .filter(each -> each.categories().stream().anyMatch(ids::contains))
                .map(each -> identity(each.id()))
                .collect(Collectors.joining())
            + "</NewRevisions><NewDriverSets>"
            + (sets ? "<guid>" + UUID.randomUUID() + "</guid>" : "")
            + "</NewDriverSets><RemovedDriverSets />");
  }

  private static boolean isFor(Update update, Set<String> computers) {
    return update.categories().stream().anyMatch(computers::contains);
  }

  private static Map<String, Boolean> deltas(Element ids) throws FaultException {
    Map<String, Boolean> deltas = new HashMap<>();
    for (Element each : children(ids)) {
      requireOrder(each, "Id", "Delta");
      deltas.put(
          child(each, "Id").getTextContent(),
          Boolean.valueOf(child(each, "Delta").getTextContent()));
    }
    return deltas;
  }

  /** As narrow as the specification may be read: only what is asked for whole in both ways is. */
  private static boolean isListed(
      Update update, long anchor, Map<String, Boolean> products, Map<String, Boolean> classes) {
    List<String> inProducts = update.categories().stream().filter(products::containsKey).toList();
    List<String> inClasses = update.categories().stream().filter(classes::containsKey).toList();
    boolean whole =
        inProducts.stream().anyMatch(each -> !products.get(each))
            && inClasses.stream().anyMatch(each -> !classes.get(each));
    return !inProducts.isEmpty() && !inClasses.isEmpty() && (whole || update.change() > anchor);
  }

  private static String identity(RevisionId id) {
    return "<UpdateIdentity><UpdateID>%s</UpdateID><RevisionNumber>%d</RevisionNumber></UpdateIdentity>"
        .formatted(id.update(), id.revision());
  }

  private String documents(String operation, Element request) throws Exception {
    requireOrder(request, "cookie", "updateIds");
    requireCookie(request);
    List<RevisionId> asked = new ArrayList<>();
    for (Element each : children(child(request, "updateIds"))) {
      requireOrder(each, "UpdateID", "RevisionNumber");
      asked.add(
          new RevisionId(
              UUID.fromString(child(each, "UpdateID").getTextContent()),
              Integer.parseInt(child(each, "RevisionNumber").getTextContent())));
    }
    if (asked.size() > most) {
      throw new FaultException("InvalidParameters", "updateIds");
    }
    List<RevisionId> missing =
        asked.stream()
            .filter(id -> !updates.containsKey(id) || updates.get(id).text().equals("gone"))
            .toList();
    if (!missing.isEmpty()) {
      throw new FaultException(
          "InternalServerError",
          shape == Shape.WSUS
              ? ""
              : "Requested %d returned %d (test content removed: 0). Missing Revisions: %s"
                  .formatted(
                      asked.size(),
                      asked.size() - missing.size(),
                      missing.stream().map(RevisionId::toString).collect(Collectors.joining(" "))));
    }
    StringBuilder all = new StringBuilder("<updates>");
    StringBuilder urls = new StringBuilder("<fileUrls>");
    for (RevisionId id : asked.subList(0, Math.min(asked.size(), mostInAnswer))) {
      Update update = updates.get(id);
      all.append("<ServerSyncUpdateData><Id><UpdateID>").append(id.update());
      all.append("</UpdateID><RevisionNumber>").append(id.revision());
      all.append("</RevisionNumber></Id>").append(blob(update)).append("</ServerSyncUpdateData>");
      for (DocumentFile file : files.values()) {
        if (update.text().contains(file.digest())) {
          urls.append(
              ("<ServerSyncUrlData><FileDigest>%s</FileDigest><MUUrl>%s/msdownload/%s</MUUrl>"
                      + "<UssUrl /></ServerSyncUrlData>")
                  .formatted(
                      file.digest(), microsoftHost.isEmpty() ? url() : microsoftHost, file.name()));
        }
      }
    }
    return result(
        operation,
        all.append("</updates>") + urls.append(moreUrls).append("</fileUrls>").toString());
  }

  private String blob(Update update) throws Exception {
    byte[] cabinet = cabinets.get(update.id());
    if (cabinet == null && update.text().length() <= LARGEST_PLAIN) {
      return "<XmlUpdateBlob>"
          + update.text().replace("&", "&amp;").replace("<", "&lt;")
          + "</XmlUpdateBlob>";
    }
    if (cabinet == null) {
      cabinet = cabinet(update.text());
      cabinets.put(update.id(), cabinet);
    }
    return "<XmlUpdateBlobCompressed>"
        + Base64.getEncoder().encodeToString(cabinet)
        + "</XmlUpdateBlobCompressed>";
  }

  byte[] cabinet(String text) throws Exception {
    Path directory = Files.createTempDirectory(work, "cab");
    Path blob = Files.write(directory.resolve("blob"), text.getBytes(UTF_16LE));
    return Files.readAllBytes(
        WindowsPackages.cabinet(directory.resolve("blob.cab"), List.of(blob)));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
