package dev.regild.server;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.image.Image;
import dev.regild.image.ImageError;
import dev.regild.image.Images;
import dev.regild.image.StateChangeReason;
import dev.regild.server.RawConnection.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers against AWS' service model: none has a member that the model lacks, and of every
 * structure in every operation's answer each member is seen, but those of {@link #NEVER}.
 */
class ConformanceTest {
  private static final String APP_BLOCKS = "belongs to app blocks, which come with fleets";
  private static final String NO_SUBNET = "an update's builder is on no subnet";
  private static final String NO_DIRECTORY = "nothing joins a directory here";

  /** What no answer has, and why; docs/api.md has the same. */
  static final Map<String, String> NEVER =
      Map.ofEntries(
          entry("Image.ImageBuilderName", "an updated image comes out without it, as on AWS"),
          entry("Application.Arn", APP_BLOCKS),
          entry("Application.AppBlockArn", APP_BLOCKS),
          entry("Application.IconS3Location", APP_BLOCKS),
          entry("S3Location.S3Bucket", APP_BLOCKS),
          entry("S3Location.S3Key", APP_BLOCKS),
          entry("Application.Description", "what an import names has none"),
          entry("ImageBuilder.VpcConfig", NO_SUBNET),
          entry("VpcConfig.SubnetIds", NO_SUBNET),
          entry("VpcConfig.SecurityGroupIds", NO_SUBNET),
          entry("ImageBuilder.NetworkAccessConfiguration", NO_SUBNET),
          entry("NetworkAccessConfiguration.EniPrivateIpAddress", NO_SUBNET),
          entry("NetworkAccessConfiguration.EniIpv6Addresses", NO_SUBNET),
          entry("NetworkAccessConfiguration.EniId", NO_SUBNET),
          entry("ImageBuilder.AccessEndpoints", NO_SUBNET),
          entry("AccessEndpoint.EndpointType", NO_SUBNET),
          entry("AccessEndpoint.VpceId", NO_SUBNET),
          entry("ImageBuilder.DomainJoinInfo", NO_DIRECTORY),
          entry("DomainJoinInfo.DirectoryName", NO_DIRECTORY),
          entry("DomainJoinInfo.OrganizationalUnitDistinguishedName", NO_DIRECTORY),
          entry("ImageBuilder.IamRoleArn", "a builder assumes no role"),
          entry("ImageBuilder.StateChangeReason", "a builder that fails is gone"),
          entry("ImageBuilderStateChangeReason.Code", "a builder that fails is gone"),
          entry("ImageBuilderStateChangeReason.Message", "a builder that fails is gone"),
          entry("ImageBuilder.RootVolumeConfig", "a builder has no volume of its own"),
          entry("VolumeConfig.VolumeSizeInGb", "a builder has no volume of its own"),
          entry("ImageBuilder.LatestAppstreamAgentVersion", "the update is what finds out"),
          entry("ImageBuilder.DisableIMDSV1", "there is no instance metadata"));

  private static final String ROLE = "\"IamRoleArn\":\"arn:aws:iam::123456789012:role/disks\"";

  private final ModelShapes model = new ModelShapes();
  private final Set<String> seen = new TreeSet<>();
  private final Set<String> answered = new TreeSet<>();

  private ServerFixture server;
  private Image golden;
  private AccessKey other;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server = new ServerFixture(directory);
    golden = server.golden("us-east-1", "golden");
    other = server.accounts.createKey(server.accounts.create("other"), false);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void everyMemberOfEveryAnswerIsThereAndNoOther() throws Exception {
    importDisks();
    update();
    share();
    export();
    copyTagAndDelete();
    assertThat(answered).isEqualTo(model.operations());
    Set<String> expected = new TreeSet<>();
    for (String operation : model.operations()) {
      for (String structure : model.structuresIn(model.answer(operation))) {
        model.members(structure).forEach(member -> expected.add(structure + "." + member));
      }
    }
    assertThat(expected).containsAll(NEVER.keySet());
    expected.removeAll(NEVER.keySet());
    assertThat(seen).isEqualTo(expected);
  }

  private void importDisks() throws Exception {
    answer(
        "CreateImportedImage",
        """
        {"Name":"imported","SourceAmiId":"ami-0123456789abcdef0",%s,
         "Description":"d","DisplayName":"D","Tags":{"a":"b"},
         "AppCatalogConfig":[{"Name":"editor","DisplayName":"Editor","AbsoluteAppPath":"/e",
          "AbsoluteIconPath":"/i","AbsoluteManifestPath":"/m","WorkingDirectory":"/w",
          "LaunchParameters":"-l"}]}
        """
            .formatted(ROLE));
    Image imported =
        server.database.read(
            handle -> Images.require(handle, server.owner("us-east-1"), "imported"));
    server.database.useTransaction(handle ->
        Images.fail(
            handle,
            imported,
            new StateChangeReason(StateChangeReason.Code.IMAGE_IMPORT_FAILURE, "unfit"),
            List.of(new ImageError("VALIDATION_ERROR", "no system", Instant.now()))));
    answer("DescribeImages", "{\"Names\":[\"imported\"]}");
  }

  private void update() throws Exception {
    String request =
        """
        {"existingImageName":"golden","newImageName":"golden-%d","newImageDisplayName":"G",
         "newImageDescription":"g","newImageTags":{"a":"b"}}
        """;
    answer("CreateUpdatedImage", request.formatted(2));
    answer("CreateUpdatedImage", request.formatted(3));
    answer("DescribeImages", "{\"MaxResults\":1}");
    JsonNode builders = answer("DescribeImageBuilders", "{\"MaxResults\":1}");
    answer(
        "DeleteImageBuilder",
        "{\"Name\":%s}".formatted(builders.get("ImageBuilders").get(0).get("Name")));
  }

  private void share() throws Exception {
    String third = server.accounts.create("third").id();
    for (String account : List.of(other.account().id(), third)) {
      answer(
          "UpdateImagePermissions",
          """
          {"Name":"golden","SharedAccountId":"%s","ImagePermissions":{"allowFleet":true}}
          """
              .formatted(account));
    }
    answer("DescribeImagePermissions", "{\"Name\":\"golden\",\"MaxResults\":1}");
    check("DescribeImages", server.ask(other, "DescribeImages", "{\"Type\":\"SHARED\"}"));
    answer(
        "DeleteImagePermissions",
        "{\"Name\":\"golden\",\"SharedAccountId\":\"%s\"}".formatted(third));
  }

  private void export() throws Exception {
    Image broken = server.golden("us-east-1", "broken");
    Files.delete(server.data.resolve(broken.disk().orElseThrow().layer() + ".qcow2"));
    for (String image : List.of("golden", "broken")) {
      JsonNode task =
          answer(
              "CreateExportImageTask",
              """
              {"ImageName":"%s","AmiName":"disk",%s,"AmiDescription":"d","TagSpecifications":{"a":"b"}}
              """
                  .formatted(image, ROLE));
      String id = task.get("ExportImageTask").get("TaskId").asString();
      server.exportJob().run(id);
      answer("GetExportImageTask", "{\"TaskId\":\"%s\"}".formatted(id));
    }
    answer("ListExportImageTasks", "{\"MaxResults\":1}");
  }

  private void copyTagAndDelete() throws Exception {
    answer(
        "CopyImage",
        """
        {"SourceImageName":"golden","DestinationImageName":"copy","DestinationRegion":"eu-west-1"}
        """);
    String arn = "{\"ResourceArn\":\"%s\"".formatted(golden.arn());
    answer("TagResource", arn + ",\"Tags\":{\"a\":\"b\",\"c\":\"\"}}");
    answer("UntagResource", arn + ",\"TagKeys\":[\"a\"]}");
    answer("ListTagsForResource", arn + "}");
    answer("DeleteImage", "{\"Name\":\"imported\"}");
  }

  @Test
  void everyRefusalIsOneOfTheOperationsErrors() throws Exception {
    String unknown = "{\"Name\":\"none\"}";
    String shared = "{\"Name\":\"none\",\"SharedAccountId\":\"123456789012\"";
    String tagged = "{\"ResourceArn\":\"%s\"".formatted(golden.arn() + "x");
    Map<String, String> refused =
        Map.ofEntries(
            entry(
                "CopyImage",
                "{\"SourceImageName\":\"none\",\"DestinationImageName\":\"c\",\"DestinationRegion\":\"eu-west-1\"}"),
            entry(
                "CreateExportImageTask",
                "{\"ImageName\":\"none\",\"AmiName\":\"disk\"," + ROLE + "}"),
            entry(
                "CreateImportedImage",
                "{\"Name\":\"golden\",\"SourceAmiId\":\"ami-0123456789abcdef0\",\"IamRoleArn\":\"arn:aws:iam::123456789012:user/x\"}"),
            entry(
                "CreateUpdatedImage", "{\"existingImageName\":\"none\",\"newImageName\":\"new\"}"),
            entry("DeleteImage", unknown),
            entry("DeleteImageBuilder", unknown),
            entry("DeleteImagePermissions", shared + "}"),
            entry("DescribeImageBuilders", "{\"Names\":[\"none\"]}"),
            entry("DescribeImagePermissions", unknown),
            entry("DescribeImages", "{\"Names\":[\"none\"]}"),
            entry("GetExportImageTask", "{\"TaskId\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\"}"),
            entry("ListTagsForResource", tagged + "}"),
            entry("TagResource", tagged + ",\"Tags\":{\"a\":\"b\"}}"),
            entry("UntagResource", tagged + ",\"TagKeys\":[\"a\"]}"),
            entry("UpdateImagePermissions", shared + ",\"ImagePermissions\":{}}"));
    for (Map.Entry<String, String> request : refused.entrySet()) {
      String operation = request.getKey();
      Answer answer = server.ask(server.key, operation, request.getValue());
      assertThat(answer.status()).as(operation + answer.body()).isEqualTo(400);
      JsonNode body = JsonMapper.shared().readTree(answer.body());
      assertThat(body.propertyNames()).as(operation).containsExactly("__type", "Message");
      assertThat(model.errors(operation)).as(operation).contains(body.get("__type").asString());
    }
  }

  private JsonNode answer(String operation, String request) throws IOException {
    return check(operation, server.ask(server.key, operation, request));
  }

  private JsonNode check(String operation, Answer answer) {
    assertThat(answer.status()).as(operation + answer.body()).isEqualTo(200);
    JsonNode body = JsonMapper.shared().readTree(answer.body());
    model.check(operation, body, seen);
    answered.add(operation);
    return body;
  }
}
