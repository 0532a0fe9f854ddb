package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.cli.Regild;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Public images, made by the command, as every account sees them. */
@ExtendWith(RunningServer.class)
class PublishTest {
  private static ServerFixture server;
  private static AccessKey other;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    other = server.accounts.createKey(server.accounts.create("other"), false);
  }

  @Test
  void everyAccountSeesAPublicImageAndNoneCanChangeIt() throws Exception {
    server.golden("us-east-1", "base");
    assertThat(publish("base")).isZero();
    for (AccessKey key : List.of(server.key, other)) {
      assertThat(server.ask(key, "DescribeImages", "{\"Type\":\"PUBLIC\"}").body())
          .contains("\"Arn\":\"arn:aws:appstream:us-east-1::image/base\"")
          .contains("\"Visibility\":\"PUBLIC\"")
          .doesNotContain("ImageSharedWithOthers");
      assertThat(
              outcome(
                  key,
                  "CreateUpdatedImage",
                  "{\"existingImageName\":\"base\",\"newImageName\":\"base-2\"}"))
          .isEqualTo("OperationNotPermittedException");
      assertThat(outcome(key, "DeleteImage", "{\"Name\":\"base\"}"))
          .isEqualTo("OperationNotPermittedException");
      String third = server.accounts.create("third").id();
      String share = "{\"Name\":\"base\",\"SharedAccountId\":\"%s\"".formatted(third);
      String tags = "{\"ResourceArn\":\"arn:aws:appstream:us-east-1::image/base\"";
      Map<String, String> changes =
          Map.of(
              "UpdateImagePermissions", share + ",\"ImagePermissions\":{}}",
              "DeleteImagePermissions", share + "}",
              "DescribeImagePermissions", "{\"Name\":\"base\"}",
              "TagResource", tags + ",\"Tags\":{\"a\":\"b\"}}",
              "UntagResource", tags + ",\"TagKeys\":[\"a\"]}");
      for (Map.Entry<String, String> change : changes.entrySet()) {
        assertThat(outcome(key, change.getKey(), change.getValue()))
            .as(change.getKey())
            .isEqualTo("ResourceNotFoundException");
      }
    }
  }

  @Test
  void whatIsTakenBackIsPrivateAgainWithItsTags() throws Exception {
    Image image = server.golden("us-east-1", "tried");
    server.database.useTransaction(
        handle -> server.quotas.tag(handle, image.owner(), image.arn(), Map.of("team", "a")));
    assertThat(publish("tried")).isZero();
    assertThat(outcome(other, "DescribeImages", "{\"Names\":[\"tried\"]}")).isEmpty();
    assertThat(run(other.account(), "tried", "--undo")).isEqualTo(1);
    assertThat(publish("tried", "--undo")).isZero();
    assertThat(outcome(other, "DescribeImages", "{\"Names\":[\"tried\"]}"))
        .isEqualTo("ResourceNotFoundException");
    assertThat(server.ask(server.key, "DescribeImages", "{\"Names\":[\"tried\"]}").body())
        .contains("\"Arn\":\"" + image.arn() + "\"", "\"Visibility\":\"PRIVATE\"");
    assertThat(
            server
                .ask(
                    server.key,
                    "ListTagsForResource",
                    "{\"ResourceArn\":\"%s\"}".formatted(image.arn()))
                .body())
        .isEqualTo("{\"Tags\":{\"team\":\"a\"}}");
  }

  @Test
  void aSharedImageIsNotPublished() throws Exception {
    Image image = server.golden("us-east-1", "shared");
    server.database.useTransaction(
        handle -> ImageShares.put(handle, image, other.account().id(), ImagePermissions.ALL));
    assertThat(publish("shared")).isEqualTo(1);
    assertThat(server.ask(other, "DescribeImages", "{\"Names\":[\"shared\"]}").body())
        .contains("\"Visibility\":\"SHARED\"");
  }

  @Test
  void aPublicNameIsTakenOnce() throws Exception {
    server.golden("us-east-1", "twice");
    assertThat(publish("twice")).isZero();
    server.golden("us-east-1", "twice-2");
    server.database.useTransaction(
        handle -> handle.execute("UPDATE image SET name = 'twice' WHERE name = 'twice-2'"));
    assertThat(publish("twice")).isEqualTo(1);
    assertThat(publish("twice", "--undo")).isEqualTo(1);
  }

  private static int publish(String name, String... options) {
    return run(server.account, name, options);
  }

  private static int run(Account account, String name, String... options) {
    String[] command = {
      "publish", name, "--account", account.id(), "--data", server.data.toString()
    };
    String[] all = new String[command.length + options.length];
    System.arraycopy(command, 0, all, 0, command.length);
    System.arraycopy(options, 0, all, command.length, options.length);
    var nowhere = new PrintWriter(new StringWriter());
    return Regild.run(nowhere, nowhere, all);
  }

  private static String outcome(AccessKey key, String operation, String body) throws IOException {
    return server.ask(key, operation, body).header("x-amzn-errortype");
  }
}
