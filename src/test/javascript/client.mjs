// One script through the operations of the image half: ENDPOINT REGION; the key is in the environment.
import assert from "node:assert/strict";
import {
  AppStreamClient,
  CreateFleetCommand,
  CreateImportedImageCommand,
  CreateUpdatedImageCommand,
  DeleteImageCommand,
  DescribeImageBuildersCommand,
  DescribeImagesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-appstream";

const [endpoint, region] = process.argv.slice(2);
const client = new AppStreamClient({ endpoint, region });

const dry = await client.send(
  new CreateUpdatedImageCommand({
    existingImageName: "golden",
    newImageName: "golden-2",
    dryRun: true,
  }),
);
assert.equal(dry.canUpdateImage, true);
assert.equal(dry.image.Name, "golden");

const tags = { Team: "Desktops 漢", empty: "" };
const { image, canUpdateImage, $metadata } = await client.send(
  new CreateUpdatedImageCommand({
    existingImageName: "golden",
    newImageName: "golden-2",
    newImageDescription: "Renewed – 🦫",
    newImageDisplayName: "Golden 2",
    newImageTags: tags,
  }),
);
assert.equal(canUpdateImage, true);
assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
assert.equal(image.State, "PENDING");
assert.equal(image.Description, "Renewed – 🦫");
assert.ok(image.CreatedTime instanceof Date);
assert.deepEqual(image.ImagePermissions, { allowFleet: true, allowImageBuilder: true });

const found = await client.send(new DescribeImagesCommand({ Names: ["golden-2"] }));
assert.deepEqual(found.Images, [image]);
const page = await client.send(new DescribeImagesCommand({ MaxResults: 1 }));
assert.equal(page.Images.length, 1);
const rest = await client.send(new DescribeImagesCommand({ NextToken: page.NextToken }));
assert.equal(rest.Images.length, 2);
const { ImageBuilders } = await client.send(new DescribeImageBuildersCommand({}));
assert.match(ImageBuilders[0].Name, /^golden-2\.\d{10}$/);

const ResourceArn = image.Arn;
await client.send(new TagResourceCommand({ ResourceArn, Tags: { more: "1" } }));
await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["more"] }));
const listed = await client.send(new ListTagsForResourceCommand({ ResourceArn }));
assert.deepEqual(listed.Tags, tags);

const imported = await client.send(
  new CreateImportedImageCommand({
    Name: "imported",
    SourceAmiId: "ami-0123456789abcdef0",
    IamRoleArn: "arn:aws:iam::123456789012:role/import",
    AppCatalogConfig: [{ Name: "editor", AbsoluteAppPath: "/usr/bin/editor" }],
  }),
);
assert.equal(imported.Image.State, "IMPORTING");
await assert.rejects(client.send(new DeleteImageCommand({ Name: "golden" })), {
  name: "ResourceInUseException",
});
const deleted = await client.send(new DeleteImageCommand({ Name: "old" }));
assert.equal(deleted.Image.State, "DELETING");

await assert.rejects(client.send(new DescribeImagesCommand({ Names: ["none"] })), {
  name: "ResourceNotFoundException",
  message: /none/,
});
await assert.rejects(
  client.send(new CreateUpdatedImageCommand({ existingImageName: "golden", newImageName: "golden-2" })),
  (error) => error.$metadata.httpStatusCode === 400 && error.$metadata.requestId.length === 36,
);
await assert.rejects(
  client.send(new CreateFleetCommand({ Name: "fleet", InstanceType: "stream.standard.small" })),
  { name: "UnknownOperationException", message: /serves images only/ },
);
