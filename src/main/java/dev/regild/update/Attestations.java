package dev.regild.update;

import dev.regild.account.SigningKeys;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fetch.PackageFile;
import dev.regild.files.Sha256;
import dev.regild.image.Flattening;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Qualification;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.BillOfMaterials.Format;
import dev.regild.insight.BillSubject;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.ExportStatements;
import dev.regild.insight.provenance.ResourceDescriptor;
import dev.regild.insight.provenance.Statement;
import dev.regild.insight.provenance.Statement.BuildType;
import dev.regild.insight.provenance.Statement.Run;
import dev.regild.insight.provenance.Statements;
import dev.regild.servicing.Isolation;
import dev.regild.update.steps.CheckDisk;
import dev.regild.update.steps.Update;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Signs how an image came to be. Each call is made in the transaction that publishes the image,
 * after the image's own records: a crash leaves both or neither.
 */
public final class Attestations {
  /** No guest runs and no disk is opened. */
  private static final String ON_THE_HOST = "host";

  private final SigningKeys keys;
  private final Inventories inventories;
  private final Isolation isolation;
  private final Clock clock;

  /**
   * @param isolation of guests while updates service them
   */
  public Attestations(SigningKeys keys, Inventories inventories, Isolation isolation, Clock clock) {
    this.keys = keys;
    this.inventories = inventories;
    this.isolation = isolation;
    this.clock = clock;
  }

  /**
   * Signs an update.
   *
   * @param versions of the programs that worked on the disk
   * @param files that were installed from
   */
  void ofUpdate(
      Handle handle,
      Map<String, String> versions,
      UpdateRecord record,
      Update update,
      List<PackageFile> files) {
    Published image = published(handle, record.imageId());
    List<ResourceDescriptor> dependencies = new ArrayList<>();
    image.chain().stream().skip(1).map(Attestations::layer).forEach(dependencies::add);
    latest(handle, record.existing().id(), record.existing().name()).ifPresent(dependencies::add);
    dependencies.addAll(of(update.snapshot()));
    files.forEach(each ->
        dependencies.add(
            ResourceDescriptor.of("package/" + each.fileName(), each.hash()).from(each.uri())));
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("existingImage", update.existing().arn());
    asked.put("newImage", image.image().arn());
    asked.put("allowRemovals", record.options().allowRemovals());
    asked.put("skipHooks", record.options().skipHooks());
    List<ResourceDescriptor> byproducts =
        new ArrayList<>(
            List.of(ResourceDescriptor.ofJson("plan.json", Statement.json(update.plan()))));
    byproducts.addAll(byproducts(handle, image));
    sign(
        handle,
        image,
        new Statement(
            subject(image),
            BuildType.UPDATE,
            asked,
            askedBy(image.image().owner().accountId(), record.askedBy()),
            dependencies,
            new Statement.Builder(isolation.name().toLowerCase(Locale.ROOT), versions),
            run(record.imageId(), record.created()),
            byproducts));
  }

  /**
   * Signs an import: what the disk was, and what it became.
   *
   * @param askedBy the id of the access key; empty if it is not known
   */
  void ofImport(
      Handle handle, Map<String, String> versions, String askedBy, CheckDisk.Checked disk) {
    Published image = published(handle, disk.job().image().id());
    List<ResourceDescriptor> dependencies = new ArrayList<>();
    dependencies.add(
        ResourceDescriptor.of("disk", disk.sha256()).with("format", disk.format().qemuName()));
    disk.packed().map(Attestations::packed).ifPresent(dependencies::add);
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("newImage", image.image().arn());
    asked.put("disk", disk.job().diskId());
    asked.put("validated", disk.job().validated());
    sign(
        handle,
        image,
        new Statement(
            subject(image),
            BuildType.IMPORT,
            asked,
            askedBy(image.image().owner().accountId(), askedBy),
            dependencies,
            new Statement.Builder(Isolation.VM.name().toLowerCase(Locale.ROOT), versions),
            run(image.image().id(), image.image().created()),
            byproducts(handle, image)));
  }

  private static ResourceDescriptor packed(UploadedDisk.Packed packed) {
    return ResourceDescriptor.of("packed-disk", packed.sha256()).with("packing", packed.packing());
  }

  /** Signs a flattening for each image that it moved; copies have its statement from there. */
  void ofFlattening(
      Handle handle, Map<String, String> versions, Flattening flattening, Layer merged) {
    List<Layer> before = LayerRecords.chain(handle, flattening.oldLayer());
    for (Image each : Images.availableOn(handle, merged.id())) {
      Published image = published(handle, each.id());
      List<ResourceDescriptor> dependencies =
          new ArrayList<>(before.stream().map(Attestations::layer).toList());
      latest(handle, each.id(), each.name()).ifPresent(dependencies::add);
      sign(
          handle,
          image,
          new Statement(
              subject(image),
              BuildType.FLATTEN,
              Map.of("image", each.arn()),
              Map.of(),
              dependencies,
              new Statement.Builder(ON_THE_HOST, versions),
              run(flattening.id(), flattening.created()),
              byproducts(handle, image)));
    }
  }

  /**
   * Signs a copy, which has the layers and the statements of its source too.
   *
   * @param versions of Regild alone: no other program runs
   */
  void ofCopy(Handle handle, Map<String, String> versions, Image source, Image copy) {
    Statements.copy(handle, source.id(), copy.id());
    Published image = published(handle, copy.id());
    List<ResourceDescriptor> dependencies =
        new ArrayList<>(image.chain().stream().map(Attestations::layer).toList());
    latest(handle, source.id(), source.name()).ifPresent(dependencies::add);
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("existingImage", source.arn());
    asked.put("newImage", copy.arn());
    sign(
        handle,
        image,
        new Statement(
            subject(image),
            BuildType.COPY,
            asked,
            askedBy(copy.owner().accountId(), ""),
            dependencies,
            new Statement.Builder(ON_THE_HOST, versions),
            run(copy.id(), copy.created()),
            byproducts(handle, image)));
  }

  /**
   * What is exported.
   *
   * @param dependencies the image's layers, and its own statement
   * @param packedBill its bill of materials, as {@link ExportStatements} stores it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Exported(
      Image image,
      List<ResourceDescriptor> dependencies,
      List<ResourceDescriptor> byproducts,
      byte[] packedBill) {}

  /**
   * Returns what {@link #ofExport} signs about an image. It makes the bill of materials, which
   * takes a while: call it before the transaction that signs.
   */
  public Exported exported(Handle handle, String imageId) {
    Published published = published(handle, imageId);
    List<ResourceDescriptor> dependencies =
        new ArrayList<>(published.chain().stream().map(Attestations::layer).toList());
    latest(handle, imageId, published.image().name()).ifPresent(dependencies::add);
    Optional<byte[]> bill = bill(handle, published);
    return new Exported(
        published.image(),
        dependencies,
        byproducts(published, bill),
        ExportStatements.packed(bill.orElseGet(() -> new byte[0])));
  }

  /**
   * Who asked for an export.
   *
   * @param accessKey its id; empty if it is not known
   * @param readOnly whether the key may only read
   */
  public record Asker(String account, String accessKey, boolean readOnly) {}

  /**
   * Signs an export, and stores the statement with the image's bill of materials.
   *
   * @param versions of the programs that wrote the disk
   * @param fileName of the disk, as it is offered
   * @param sha256 of the disk's file
   */
  public void ofExport(
      Handle handle,
      Map<String, String> versions,
      Asker asker,
      Exported exported,
      String fileName,
      String sha256) {
    Image image = exported.image();
    Instant now = clock.instant();
    Statement statement =
        new Statement(
            List.of(ResourceDescriptor.of(fileName, sha256)),
            BuildType.EXPORT,
            Map.of("image", image.arn()),
            askedBy(asker.account(), asker.accessKey()),
            exported.dependencies(),
            new Statement.Builder(ON_THE_HOST, versions),
            new Run(image.id(), now, now),
            exported.byproducts());
    ExportStatements.put(
        handle,
        asker.account(),
        asker.readOnly(),
        sha256,
        image.name(),
        Envelope.sign(statement.json(), keys.current(handle)).json(),
        exported.packedBill());
  }

  /**
   * An image as it is published.
   *
   * @param chain its layers, its own first
   */
  private record Published(Image image, ImageDisk disk, List<Layer> chain) {}

  private static Published published(Handle handle, String imageId) {
    Image image = Images.requireById(handle, imageId);
    ImageDisk disk = image.disk().orElseThrow();
    return new Published(image, disk, LayerRecords.chain(handle, disk.layer()));
  }

  private void sign(Handle handle, Published image, Statement statement) {
    Statements.add(
        handle, image.image().id(), Envelope.sign(statement.json(), keys.current(handle)));
  }

  private static List<ResourceDescriptor> subject(Published image) {
    return image.chain().stream().map(Attestations::layer).toList();
  }

  private static ResourceDescriptor layer(Layer layer) {
    return ResourceDescriptor.of("layer/" + layer.id(), layer.sha256());
  }

  private static Optional<ResourceDescriptor> latest(
      Handle handle, String imageId, String imageName) {
    return Statements.newest(handle, imageId)
        .map(each ->
            ResourceDescriptor.of(
                    "statement/%s/%d".formatted(imageName, each.number()),
                    Sha256.of(each.envelope()))
                .withMediaType(Envelope.MEDIA_TYPE));
  }

  /** The snapshot's digest is over the names and hashes of its files, which follow. */
  private static List<ResourceDescriptor> of(Snapshot snapshot) {
    List<ResourceDescriptor> files = new ArrayList<>();
    files.add(ResourceDescriptor.of("snapshot", snapshot.digest()));
    for (SnapshotManifest.ListFile file : snapshot.files()) {
      files.add(
          ResourceDescriptor.of("snapshot/" + file.name(), file.sha256())
              .with("kind", file.kind()));
    }
    return files;
  }

  private static Map<String, Object> askedBy(String account, String accessKey) {
    Map<String, Object> who = new LinkedHashMap<>();
    who.put("account", account);
    if (!accessKey.isEmpty()) {
      who.put("accessKey", accessKey);
    }
    return Map.of("askedBy", who);
  }

  private Run run(String id, Instant started) {
    return new Run(id, started, clock.instant());
  }

  private List<ResourceDescriptor> byproducts(Handle handle, Published image) {
    return byproducts(image, bill(handle, image));
  }

  /** The bill of materials as the server answers with it, and what the image's boot said. */
  private static List<ResourceDescriptor> byproducts(Published image, Optional<byte[]> bill) {
    List<ResourceDescriptor> byproducts = new ArrayList<>();
    bill.map(Sha256::of)
        .map(hash ->
            ResourceDescriptor.of("sbom.cyclonedx.json", hash)
                .withMediaType(Format.CYCLONEDX.mediaType()))
        .ifPresent(byproducts::add);
    image
        .image()
        .qualification()
        .map((Qualification seen) ->
            ResourceDescriptor.ofJson("qualification.json", Statement.json(seen)))
        .ifPresent(byproducts::add);
    return byproducts;
  }

  private Optional<byte[]> bill(Handle handle, Published image) {
    return image
        .image()
        .platform()
        .flatMap(PackageSystems.installed()::find)
        .map(system ->
            new BillOfMaterials(billSubject(handle, image), system.notes()).json(Format.CYCLONEDX));
  }

  private BillSubject billSubject(Handle handle, Published image) {
    return new BillSubject(
        image.image().name(),
        image.image().id(),
        image.image().arn(),
        image.image().created(),
        Optional.of(image.chain().getFirst().sha256()),
        inventories.load(handle, image.disk().inventory()));
  }
}
