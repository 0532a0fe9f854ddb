package dev.regild.windows.upstream;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/** Makes documents of updates in the published form, with the tests' own words. */
public final class UpdateDocuments {
  private static final String CBS = "http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/Cbs";
  private static final String OS_INSTALLER =
      "http://schemas.microsoft.com/msus/2016/01/UpdateHandlers/OSInstaller";
  private static final String ROOT =
      "<upd:Update xmlns:pub=\"http://schemas.microsoft.com/msus/2002/12/Publishing\""
          + " xmlns:upd=\"http://schemas.microsoft.com/msus/2002/12/Update\">";

  private UpdateDocuments() {}

  /** A bundle. */
  public static final class Bundle {
    final UUID id;
    int revision = 100;
    String kb = "KB5000001";
    String title = "Cumulative Update";
    String state = "Published";
    String created = "2026-01-13T18:00:00.000Z";
    String product = Known.SERVER_2022;
    String classification = Known.SECURITY;
    String also = "";
    String release = "";
    String system = "";
    List<UUID> superseded = new ArrayList<>();
    List<RevisionId> children = new ArrayList<>();

    public Bundle(UUID id) {
      this.id = id;
    }

    public String text() {
      StringBuilder text = new StringBuilder(ROOT);
      text.append(identity(id, revision));
      text.append(
          ("<upd:Properties DefaultPropertiesLanguage=\"en\" UpdateType=\"Software\""
                  + " ExplicitlyDeployable=\"true\" MsrcSeverity=\"Important\" %s"
                  + " PublicationState=\"%s\" CreationDate=\"%s\" LegacyName=\"%s-Tests\">"
                  + "<upd:SupportUrl>https://example.org/help</upd:SupportUrl>"
                  + "<upd:KBArticleID>%s</upd:KBArticleID></upd:Properties>")
              .formatted(
                  system.isEmpty()
                      ? ""
                      : "ProductName=\"%s\" ReleaseVersion=\"%s\" ReleaseRevision=\"1\""
                          .formatted(system, release),
                  state,
                  created,
                  kb,
                  kb.substring(2)));
      text.append("<upd:LocalizedPropertiesCollection>");
      for (String language : List.of("de", "en", "ja")) {
        text.append(
            ("<upd:LocalizedProperties><upd:Language>%s</upd:Language><upd:Title>%s</upd:Title><upd:Description>For"
                    + " the tests. A flaw (CVE-2026-10001) is fixed; CVE-2026-10002 was already"
                    + " fixed.</upd:Description></upd:LocalizedProperties>")
                .formatted(
                    language, language.equals("en") ? title : "Vorschau Preview 更新 " + language));
      }
      text.append("</upd:LocalizedPropertiesCollection><upd:Relationships>");
      if (!superseded.isEmpty()) {
        text.append("<upd:SupersededUpdates>");
        superseded.forEach(
            each -> text.append("<upd:UpdateIdentity UpdateID=\"%s\" />".formatted(each)));
        text.append("</upd:SupersededUpdates>");
      }
      text.append("<upd:Prerequisites><upd:UpdateIdentity UpdateID=\"");
      text.append(Known.DETECTOID).append("\" />");
      for (String category : List.of(classification, product, also)) {
        if (category.isEmpty()) {
          continue;
        }
        text.append(
            "<upd:AtLeastOne IsCategory=\"true\"><upd:UpdateIdentity UpdateID=\"%s\" /></upd:AtLeastOne>"
                .formatted(category));
      }
      text.append("</upd:Prerequisites>");
      if (!children.isEmpty()) {
        text.append("<upd:BundledUpdates>");
        for (RevisionId child : children) {
          String identity = identity(child.update(), child.revision());
          text.append(
              system.isEmpty() ? identity : "<upd:AtLeastOne>" + identity + "</upd:AtLeastOne>");
        }
        text.append("</upd:BundledUpdates>");
      }
      return text.append("</upd:Relationships></upd:Update>").toString();
    }
  }

  /** Ids that Microsoft has given to products and classifications. */
  public static final class Known {
    static final String SERVER_2022 = "71718f13-7324-4b0f-8f9e-2ca9dc978e53";
    static final String SERVER_2025 = "b256987d-4693-4c87-955d-dbb9341205eb";
    static final String SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441";
    static final String UPDATES = "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83";
    static final String ROLLUPS = "28bc880e-0592-4cbf-8f95-c79b17911d5f";
    static final String CRITICAL = "e6cf1350-c01b-414d-a61f-263d14d133b4";
    static final String DYNAMIC = "e4b04398-adbd-4b69-93b9-477322331cd3";
    static final String DRIVERS = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0";
    static final String WINDOWS_11_DRIVERS = "bfeb1830-4b34-40d0-a2d7-8d6f994ddb58";
    static final String DETECTOID = "c57b3cff-f20d-4841-9970-cfc10d156057";

    private Known() {}
  }

  /** A file as documents name it, with the digests of its content. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record DocumentFile(
      String name, long size, byte[] sha1, byte[] sha256, String patchingType) {
    String text() {
      String more =
          sha256.length == 0
              ? ""
              : "<upd:AdditionalDigest Algorithm=\"SHA256\">%s</upd:AdditionalDigest>"
                  .formatted(Base64.getEncoder().encodeToString(sha256));
      return ("<upd:File Digest=\"%s\" DigestAlgorithm=\"SHA1\" FileName=\"%s\" Size=\"%d\""
              + " Modified=\"2026-01-10T06:00:00Z\" PatchingType=\"%s\">%s</upd:File>")
          .formatted(digest(), name, size, patchingType, more);
    }

    String digest() {
      return Base64.getEncoder().encodeToString(sha1);
    }

    /** Where a WSUS has it. */
    String content() {
      String hex = HexFormat.of().withUpperCase().formatHex(sha1);
      return "/Content/%s/%s%s"
          .formatted(hex.substring(38), hex, name.substring(name.lastIndexOf('.')));
    }
  }

  /**
   * The part of a bundle that Component Based Servicing installs.
   *
   * @param padding how many characters of rules come before what counts
   */
  public static String cbs(
      RevisionId id,
      String kb,
      String version,
      String architecture,
      int padding,
      DocumentFile... files) {
    return cbs(id, kb, "Package_for_RollupFix", version, architecture, padding, files);
  }

  public static String cbs(
      RevisionId id,
      String kb,
      String name,
      String version,
      String architecture,
      int padding,
      DocumentFile... files) {
    String rule =
        "<And><Not><b.RegDword Key=\"HKEY_LOCAL_MACHINE\" Value=\"Nothing\" /></Not></And>";
    StringBuilder rules = new StringBuilder();
    while (rules.length() < padding) {
      rules.append(rule);
    }
    String first = version.replaceFirst("\\..*", "");
    String base = first.equals("10") ? "20348" : first;
    String assembly =
        ("<assembly xmlns=\"urn:schemas-microsoft-com:asm.v3\""
                + " manifestVersion=\"1.0\"><assemblyIdentity name=\"%s\" version=\"%s\""
                + " processorArchitecture=\"%s\" language=\"neutral\""
                + " publicKeyToken=\"31bf3856ad364e35\"/><package identifier=\"%s\""
                + " releaseType=\"Security Update\" restart=\"possible\"><parent"
                + " buildCompare=\"EQ\"><assemblyIdentity"
                + " name=\"Microsoft-Windows-ServerDatacenterEdition\""
                + " version=\"10.0.%s.1\"/></parent></package></assembly>")
            .formatted(name, version, architecture, kb, base);
    return child(
        id,
        CBS,
        "",
        "<IsInstalled><CbsPackageInstalled /></IsInstalled><IsInstallable>"
            + rules
            + "<CbsPackageInstallable /></IsInstallable><Metadata><CbsPackageApplicabilityMetadata>"
            + assembly
            + "</CbsPackageApplicabilityMetadata></Metadata>",
        files);
  }

  /** The part of a bundle that the operating system's installer takes. */
  public static String osInstaller(
      RevisionId id, String system, String release, DocumentFile... files) {
    return child(
        id,
        OS_INSTALLER,
        "ProductName=\"%s\" ReleaseVersion=\"%s\" ReleaseRevision=\"1\"".formatted(system, release),
        "<IsInstalled><ProductReleaseInstalled Name=\"%s\" Version=\"%s\" /></IsInstalled>"
            .formatted(system, release),
        files);
  }

  /**
   * A driver for one device.
   *
   * @param more elements of its metadata: feature scores, ids of computers
   */
  public static String driver(
      RevisionId id,
      String title,
      String product,
      String hardwareId,
      String date,
      String version,
      String more,
      DocumentFile file) {
    return ROOT
        + identity(id.update(), id.revision())
        + ("<upd:Properties UpdateType=\"Driver\""
            + " Handler=\"http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/WindowsDriver\""
            + " PublicationState=\"Published\" CreationDate=\"2026-01-13T18:00:00.000Z\" />")
        + "<upd:LocalizedPropertiesCollection><upd:LocalizedProperties><upd:Language>en</upd:Language>"
        + "<upd:Title>%s</upd:Title></upd:LocalizedProperties></upd:LocalizedPropertiesCollection>"
            .formatted(title)
        + "<upd:Relationships><upd:Prerequisites><upd:AtLeastOne"
        + " IsCategory=\"true\"><upd:UpdateIdentity UpdateID=\""
        + Known.DRIVERS
        + "\" /></upd:AtLeastOne><upd:AtLeastOne IsCategory=\"true\"><upd:UpdateIdentity"
        + " UpdateID=\""
        + product
        + "\" /></upd:AtLeastOne></upd:Prerequisites></upd:Relationships><upd:ApplicabilityRules><upd:Metadata>"
        + ("<drv:WindowsDriverMetaData"
                + " xmlns:drv=\"http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/WindowsDriver\""
                + " HardwareID=\"%s\" DriverVerDate=\"%s\" DriverVerVersion=\"%s\""
                + " WhqlDriverID=\"0\" Class=\"Net\""
                + " Provider=\"Example\">%s</drv:WindowsDriverMetaData>")
            .formatted(hardwareId.replace("&", "&amp;"), date, version, more)
        + "</upd:Metadata></upd:ApplicabilityRules><upd:Files>"
        // Files of drivers do not say of what type they are.
        + file.text().replaceFirst(" PatchingType=\"[A-Za-z]*\"", "")
        + "</upd:Files></upd:Update>";
  }

  /** A part with any handler. */
  public static String child(
      RevisionId id, String handler, String properties, String rules, DocumentFile... files) {
    StringBuilder all = new StringBuilder();
    for (DocumentFile file : files) {
      all.append(file.text());
    }
    return ROOT
        + identity(id.update(), id.revision())
        + ("<upd:Properties UpdateType=\"Software\" Handler=\"%s\" %s"
                + " PublicationState=\"Published\" CreationDate=\"2026-01-13T18:00:00.000Z\" />")
            .formatted(handler, properties)
        + "<upd:Relationships><upd:Prerequisites><upd:AtLeastOne><upd:UpdateIdentity UpdateID=\""
        + Known.SERVER_2022
        + "\" /></upd:AtLeastOne></upd:Prerequisites></upd:Relationships>"
        + "<upd:ApplicabilityRules>"
        + rules
        + "</upd:ApplicabilityRules><upd:Files>"
        + all
        + "</upd:Files></upd:Update>";
  }

  private static String identity(UUID id, int revision) {
    return "<upd:UpdateIdentity UpdateID=\"%s\" RevisionNumber=\"%d\" />".formatted(id, revision);
  }
}
