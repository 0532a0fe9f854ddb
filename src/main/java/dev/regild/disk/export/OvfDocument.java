package dev.regild.disk.export;

import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * The description of one machine with one disk, by DMTF's DSP0243 1.1. Its hardware is what the
 * hypervisors that import an OVA have in common, and what every guest has drivers for without
 * VMware's own: AHCI and e1000e.
 *
 * @param name of the machine
 * @param description for people
 * @param platform as images name it: {@code DEBIAN_12}; empty if it is not known
 * @param uefi whether the disk boots by UEFI
 * @param file of the disk beside the description
 * @param fileBytes the size of that file
 * @param virtualBytes the size of the disk that a guest sees
 */
record OvfDocument(
    String name,
    Optional<String> description,
    Optional<String> platform,
    boolean uefi,
    String file,
    long fileBytes,
    long virtualBytes) {
  private static final String OVF = "http://schemas.dmtf.org/ovf/envelope/1";
  private static final String CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_";
  private static final String RASD = CIM + "ResourceAllocationSettingData";
  private static final String VSSD = CIM + "VirtualSystemSettingData";
  private static final String VMW = "http://www.vmware.com/schema/ovf";
  private static final String STREAM_OPTIMIZED =
      "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

  /** ESXi 6.5's: the first with AHCI and UEFI that all versions still supported take. */
  private static final String HARDWARE = "vmx-13";

  private static final int PROCESSORS = 2;

  /** {@code ResourceType} of CIM_ResourceAllocationSettingData. */
  private static final int PROCESSOR = 3;

  private static final int MEMORY = 4;
  private static final int ETHERNET = 10;
  private static final int DISK = 17;
  private static final int SATA_CONTROLLER = 20;

  /** The XML, in UTF-8. */
  String xml() {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      new ElementWriter(xml).write();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("an OVF can't be written", e);
    }
    return text.toString();
  }

  /** Writes the elements in the order of their appearance. */
  private final class ElementWriter {
    private final XMLStreamWriter xml;
    private final OvfSystem system = OvfSystem.of(platform);
    private int depth;

    ElementWriter(XMLStreamWriter xml) {
      this.xml = xml;
    }

    void write() throws XMLStreamException {
      xml.writeStartDocument("UTF-8", "1.0");
      line();
      xml.writeStartElement("Envelope");
      xml.writeDefaultNamespace(OVF);
      for (Map.Entry<String, String> namespace :
          new TreeMap<>(Map.of("ovf", OVF, "rasd", RASD, "vmw", VMW, "vssd", VSSD)).entrySet()) {
        xml.writeNamespace(namespace.getKey(), namespace.getValue());
      }
      depth++;
      start("References");
      empty("File", "ovf:href", file, "ovf:id", "file1", "ovf:size", Long.toString(fileBytes));
      end();
      disk();
      start("NetworkSection");
      text("Info", "The networks that the machine is attached to");
      start("Network", "ovf:name", "VM Network");
      end();
      end();
      machine();
      end();
      xml.writeEndDocument();
    }

    private void disk() throws XMLStreamException {
      start("DiskSection");
      text("Info", "The disks of the machine");
      empty(
          "Disk",
          "ovf:capacity",
          Long.toString((virtualBytes + 511) / 512 * 512),
          "ovf:capacityAllocationUnits",
          "byte",
          "ovf:diskId",
          "vmdisk1",
          "ovf:fileRef",
          "file1",
          "ovf:format",
          STREAM_OPTIMIZED);
      end();
    }

    private void machine() throws XMLStreamException {
      start("VirtualSystem", "ovf:id", name);
      text("Info", "A virtual machine");
      text("Name", name);
      if (description.isPresent()) {
        start("AnnotationSection");
        text("Info", "What the machine is for");
        text("Annotation", description.get());
        end();
      }
      start(
          "OperatingSystemSection",
          "ovf:id",
          Integer.toString(system.cimType()),
          "vmw:osType",
          system.vmwareType());
      text("Info", "The operating system");
      text("Description", platform.orElse("unknown"));
      end();
      hardware();
      end();
    }

    private void hardware() throws XMLStreamException {
      start("VirtualHardwareSection");
      text("Info", "Virtual hardware");
      start("System");
      text("vssd:ElementName", "Virtual Hardware Family");
      text("vssd:InstanceID", "0");
      text("vssd:VirtualSystemIdentifier", name);
      text("vssd:VirtualSystemType", HARDWARE);
      end();
      item(1, PROCESSOR, "Processors", Map.of("VirtualQuantity", Integer.toString(PROCESSORS)));
      item(
          2,
          MEMORY,
          "Memory",
          Map.of(
              "AllocationUnits",
              "byte * 2^20",
              "VirtualQuantity",
              Integer.toString(system.memory())));
      item(
          3,
          SATA_CONTROLLER,
          "SATA controller",
          Map.of("Address", "0", "ResourceSubType", "vmware.sata.ahci"));
      item(
          4,
          DISK,
          "Hard disk",
          Map.of("AddressOnParent", "0", "HostResource", "ovf:/disk/vmdisk1", "Parent", "3"));
      item(
          5,
          ETHERNET,
          "Network adapter",
          Map.of(
              "AddressOnParent",
              "0",
              "AutomaticAllocation",
              "true",
              "Connection",
              "VM Network",
              "ResourceSubType",
              "E1000e"));
      empty(
          "vmw:Config",
          "ovf:required",
          "false",
          "vmw:key",
          "firmware",
          "vmw:value",
          uefi ? "efi" : "bios");
      end();
    }

    /** The schema wants the members in the order of the alphabet. */
    private void item(int id, int type, String label, Map<String, String> members)
        throws XMLStreamException {
      Map<String, String> all = new TreeMap<>(members);
      all.put("ElementName", label);
      all.put("InstanceID", Integer.toString(id));
      all.put("ResourceType", Integer.toString(type));
      start("Item");
      for (Map.Entry<String, String> member : all.entrySet()) {
        text("rasd:" + member.getKey(), member.getValue());
      }
      end();
    }

    private void start(String element, String... attributes) throws XMLStreamException {
      line();
      xml.writeStartElement(element);
      attributes(attributes);
      depth++;
    }

    private void empty(String element, String... attributes) throws XMLStreamException {
      line();
      xml.writeEmptyElement(element);
      attributes(attributes);
    }

    private void attributes(String... namesAndValues) throws XMLStreamException {
      for (int i = 0; i < namesAndValues.length; i += 2) {
        xml.writeAttribute(namesAndValues[i], printable(namesAndValues[i + 1]));
      }
    }

    private void text(String element, String content) throws XMLStreamException {
      line();
      xml.writeStartElement(element);
      xml.writeCharacters(printable(content));
      xml.writeEndElement();
    }

    private void end() throws XMLStreamException {
      depth--;
      line();
      xml.writeEndElement();
    }

    private void line() throws XMLStreamException {
      xml.writeCharacters("\n" + "  ".repeat(depth));
    }
  }

  /** XML 1.0 has no form for other control characters, nor for halves of a pair. */
  private static String printable(String text) {
    return text.codePoints()
        .map(c -> isXml(c) ? c : '\ufffd')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isXml(int c) {
    if (c < ' ') {
      return c == '\n' || c == '\t';
    }
    return c < 0xd800 || (c > 0xdfff && c < 0xfffe) || c > 0xffff;
  }
}
