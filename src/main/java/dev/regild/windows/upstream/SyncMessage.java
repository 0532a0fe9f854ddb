package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.StringWriter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A request of the protocol: SOAP 1.1, document/literal. Servers read the elements in their
 * schema's order.
 */
final class SyncMessage {
  private static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
  private static final String SYNC = "http://www.microsoft.com/SoftwareDistribution";
  private static final String AUTHENTICATION = SYNC + "/Server/DssAuthWebService";

  private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

  private final String operation;
  private final String action;
  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  private SyncMessage(String operation, String namespace) {
    this.operation = operation;
    this.action = namespace + "/" + operation;
    try {
      xml = FACTORY.createXMLStreamWriter(text);
      xml.writeStartDocument("utf-8", "1.0");
      xml.writeStartElement("soap", "Envelope", SOAP);
      xml.writeNamespace("soap", SOAP);
      xml.writeStartElement("soap", "Body", SOAP);
      xml.writeStartElement(operation);
      xml.writeDefaultNamespace(namespace);
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins a request to the service of updates. */
  static SyncMessage of(String operation) {
    return new SyncMessage(operation, SYNC);
  }

  /** Begins a request to the service of authentication. */
  static SyncMessage ofAuthentication(String operation) {
    return new SyncMessage(operation, AUTHENTICATION);
  }

  /** What an element holds. */
  @FunctionalInterface
  interface Content {
    void write();
  }

  SyncMessage element(String name, Content content) {
    try {
      xml.writeStartElement(name);
      content.write();
      xml.writeEndElement();
      return this;
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  SyncMessage element(String name, String value) {
    return element(
        name,
        () -> {
          try {
            xml.writeCharacters(value);
          } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  SyncMessage cookie(SyncCookie cookie) {
    return element(
        "cookie",
        () -> {
          element("Expiration", cookie.expiration());
          element("EncryptedData", cookie.data());
        });
  }

  /** Writes ids, each with whether only what has changed since the anchor is wanted. */
  SyncMessage deltas(String name, Map<String, Boolean> ids) {
    return element(
        name,
        () ->
            ids.forEach((id, delta) ->
                element(
                    "IdAndDelta",
                    () -> {
                      element("Id", id);
                      element("Delta", delta.toString());
                    })));
  }

  /** Writes ids of devices; all that is known of each is wanted. */
  SyncMessage hardware(String name, Collection<String> ids) {
    return element(
        name,
        () ->
            ids.forEach(id ->
                element(
                    "HardwareIdAndDelta",
                    () -> {
                      element("Id", id);
                      element("Delta", "false");
                    })));
  }

  SyncMessage revisions(String name, Collection<RevisionId> ids) {
    return element(
        name,
        () ->
            ids.forEach(id ->
                element(
                    "UpdateIdentity",
                    () -> {
                      element("UpdateID", id.update().toString());
                      element("RevisionNumber", Integer.toString(id.revision()));
                    })));
  }

  SyncMessage digests(String name, List<String> digests) {
    return element(name, () -> digests.forEach(each -> element("base64Binary", each)));
  }

  String operation() {
    return operation;
  }

  /** Returns the headers that go with it. */
  Map<String, String> headers() {
    return Map.of("Content-Type", "text/xml; charset=utf-8", "SOAPAction", '"' + action + '"');
  }

  /** Ends it, and returns its bytes. */
  byte[] bytes() {
    try {
      xml.writeEndDocument();
      xml.close();
      return text.toString().getBytes(UTF_8);
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }
}
