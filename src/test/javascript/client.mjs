// One script through all operations of the image half: ENDPOINT REGION OTHER_ACCOUNT; the key is in the environment.
import assert from "node:assert/strict";
import {
  AppStreamClient,
  CopyImageCommand,
  CreateExportImageTaskCommand,
  CreateFleetCommand,
  CreateImportedImageCommand,
  CreateUpdatedImageCommand,
  DeleteImageBuilderCommand,
  DeleteImageCommand,
  DeleteImagePermissionsCommand,
  DescribeImageBuildersCommand,
  DescribeImagePermissionsCommand,
  DescribeImagesCommand,
  GetExportImageTaskCommand,
  ListExportImageTasksCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateImagePermissionsCommand,
} from "@aws-sdk/client-appstream";

const [endpoint, region, SharedAccountId] = process.argv.slice(2);
const client = new AppStreamClient({ endpoint, region });
const IamRoleArn = "arn:aws:iam::123456789012:role/disks";

async function described(name) {
  const { Images } = await client.send(new DescribeImagesCommand({ Names: [name] }));
  assert.equal(Images.length, 1);
  return Images[0];
}

// CreateUpdatedImage, DescribeImages
const names = { existingImageName: "golden", newImageName: "golden-2" };
const dry = await client.send(new CreateUpdatedImageCommand({ ...names, dryRun: true }));
assert.equal(dry.canUpdateImage, true);
assert.equal(dry.image.Name, "golden");
const newImageTags = { Team: "Desktops 漢", empty: "" };
const { image, canUpdateImage, $metadata } = await client.send(
  new CreateUpdatedImageCommand({
    ...names,
    newImageDescription: "Renewed – 🦫",
    newImageDisplayName: "Golden 2",
    newImageTags,
  }),
);
assert.equal(canUpdateImage, true);
assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
assert.equal(image.State, "PENDING");
assert.equal(image.Description, "Renewed – 🦫");
assert.ok(image.CreatedTime instanceof Date);
assert.deepEqual(image.ImagePermissions, { allowFleet: true, allowImageBuilder: true });
assert.deepEqual(await described("golden-2"), image);
const page = await client.send(new DescribeImagesCommand({ MaxResults: 1 }));
assert.equal(page.Images.length, 1);
const rest = await client.send(new DescribeImagesCommand({ NextToken: page.NextToken }));
assert.equal(rest.Images.length, 2);
assert.equal(rest.NextToken, undefined);

// DescribeImageBuilders, DeleteImageBuilder
const { ImageBuilders } = await client.send(new DescribeImageBuildersCommand({}));
assert.match(ImageBuilders[0].Name, /^golden-2\.\d{10}$/);
assert.equal(ImageBuilders[0].State, "UPDATING");
const { ImageBuilder } = await client.send(
  new DeleteImageBuilderCommand({ Name: ImageBuilders[0].Name }),
);
assert.equal(ImageBuilder.State, "DELETING");
const cancelled = await described("golden-2");
assert.equal(cancelled.State, "FAILED");
assert.match(cancelled.StateChangeReason.Message, /cancelled/);

// TagResource, UntagResource, ListTagsForResource
const ResourceArn = image.Arn;
await client.send(new TagResourceCommand({ ResourceArn, Tags: { more: "1" } }));
await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["more"] }));
const listed = await client.send(new ListTagsForResourceCommand({ ResourceArn }));
assert.deepEqual(listed.Tags, newImageTags);

// UpdateImagePermissions, DescribeImagePermissions, DeleteImagePermissions
const ImagePermissions = { allowFleet: true, allowImageBuilder: false };
await client.send(
  new UpdateImagePermissionsCommand({ Name: "golden", SharedAccountId, ImagePermissions }),
);
const shared = await client.send(new DescribeImagePermissionsCommand({ Name: "golden" }));
assert.equal(shared.Name, "golden");
assert.deepEqual(shared.SharedImagePermissionsList, [
  { sharedAccountId: SharedAccountId, imagePermissions: ImagePermissions },
]);
await client.send(new DeleteImagePermissionsCommand({ Name: "golden", SharedAccountId }));
const alone = await client.send(new DescribeImagePermissionsCommand({ Name: "golden" }));
assert.deepEqual(alone.SharedImagePermissionsList, []);

// CopyImage
const copy = await client.send(
  new CopyImageCommand({
    SourceImageName: "golden",
    DestinationImageName: "golden-copy",
    DestinationRegion: region,
    DestinationImageDescription: "for others",
  }),
);
assert.equal(copy.DestinationImageName, "golden-copy");
assert.equal((await described("golden-copy")).Description, "for others");

// CreateImportedImage
const imported = await client.send(
  new CreateImportedImageCommand({
    Name: "imported",
    SourceAmiId: "ami-0123456789abcdef0",
    IamRoleArn,
    AppCatalogConfig: [{ Name: "editor", AbsoluteAppPath: "/usr/bin/editor" }],
  }),
);
assert.equal(imported.Image.State, "IMPORTING");
assert.equal(imported.Image.Applications[0].LaunchPath, "/usr/bin/editor");

// CreateExportImageTask, GetExportImageTask, ListExportImageTasks
const { ExportImageTask } = await client.send(
  new CreateExportImageTaskCommand({
    ImageName: "golden",
    AmiName: "golden-disk",
    IamRoleArn,
    AmiDescription: "to keep",
    TagSpecifications: { team: "desktops" },
  }),
);
assert.equal(ExportImageTask.State, "EXPORTING");
assert.deepEqual(ExportImageTask.TagSpecifications, { team: "desktops" });
const { TaskId } = ExportImageTask;
const got = await client.send(new GetExportImageTaskCommand({ TaskId }));
assert.deepEqual(got.ExportImageTask, ExportImageTask);
const tasks = await client.send(
  new ListExportImageTasksCommand({ Filters: [{ Name: "AmiName", Values: ["golden-disk"] }] }),
);
assert.deepEqual(tasks.ExportImageTasks, [ExportImageTask]);

// DeleteImage
const deleted = await client.send(new DeleteImageCommand({ Name: "old" }));
assert.equal(deleted.Image.State, "DELETING");
await assert.rejects(client.send(new DeleteImageCommand({ Name: "golden" })), {
  name: "ResourceInUseException",
});

// Errors
await assert.rejects(client.send(new DescribeImagesCommand({ Names: ["none"] })), {
  name: "ResourceNotFoundException",
  message: /none/,
});
await assert.rejects(
  client.send(new CreateUpdatedImageCommand(names)),
  (error) => error.name === "ResourceAlreadyExistsException" && error.$metadata.requestId.length === 36,
);
await assert.rejects(
  client.send(new CreateFleetCommand({ Name: "fleet", InstanceType: "stream.standard.small" })),
  { name: "UnknownOperationException", message: /serves images only/ },
);
