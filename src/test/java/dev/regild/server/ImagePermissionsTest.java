package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sharing between accounts, as both of them see it over HTTP. */
@ExtendWith(RunningServer.class)
@EachDatabase
class ImagePermissionsTest {
  private static final Pattern NEXT_TOKEN = Pattern.compile("\"NextToken\":\"([^\"]+)\"");

  private static ServerFixture server;
  private static Account receiver;
  private static AccessKey receiverKey;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    receiver = server.accounts.create("receiver");
    receiverKey = server.accounts.createKey(receiver, false);
  }

  @Test
  void theReceiverSeesTheImageWithItsPermissionsUntilTheyAreTakenBack() throws Exception {
    Image image = server.golden("us-east-1", "shown");
    String list = "{\"Names\":[\"shown\"]}";
    assertError("ResourceNotFoundException", receiverKey, "DescribeImages", list);
    assertThat(owner("DescribeImages", list)).contains("\"ImageSharedWithOthers\":\"FALSE\"");

    assertThat(share("shown", receiver.id(), "{\"allowFleet\":true}")).isEqualTo("{}");
    assertThat(answer(receiverKey, "DescribeImages", list))
        .contains("\"Arn\":\"" + image.arn() + "\"")
        .contains("\"Visibility\":\"SHARED\"")
        .contains("\"ImagePermissions\":{\"allowFleet\":true,\"allowImageBuilder\":false}")
        .doesNotContain("ImageSharedWithOthers");
    assertThat(answer(receiverKey, "DescribeImages", "{\"Type\":\"SHARED\"}"))
        .contains(image.arn());
    assertThat(owner("DescribeImages", list))
        .contains("\"Visibility\":\"PRIVATE\"")
        .contains("\"ImagePermissions\":{\"allowFleet\":true,\"allowImageBuilder\":true}")
        .contains("\"ImageSharedWithOthers\":\"TRUE\"");

    share("shown", receiver.id(), "{\"allowImageBuilder\":true}");
    assertThat(answer(receiverKey, "DescribeImages", list))
        .contains("\"ImagePermissions\":{\"allowFleet\":false,\"allowImageBuilder\":true}");

    assertThat(owner("DeleteImagePermissions", takeBack("shown", receiver.id()))).isEqualTo("{}");
    assertError("ResourceNotFoundException", receiverKey, "DescribeImages", list);
    assertError(
        "ResourceNotFoundException",
        server.key,
        "DeleteImagePermissions",
        takeBack("shown", receiver.id()));
  }

  @Test
  void theReceiverCanNeitherUpdateNorDeleteNorShareIt() throws Exception {
    server.golden("us-east-1", "held");
    share("held", receiver.id(), "{}");
    assertError(
        "OperationNotPermittedException", receiverKey, "DeleteImage", "{\"Name\":\"held\"}");
    assertError(
        "ResourceNotFoundException",
        receiverKey,
        "UpdateImagePermissions",
        sharing("held", server.account.id(), "{}"));
    assertError(
        "ResourceNotFoundException",
        receiverKey,
        "DeleteImagePermissions",
        takeBack("held", receiver.id()));
    assertError(
        "ResourceNotFoundException",
        receiverKey,
        "DescribeImagePermissions",
        "{\"Name\":\"held\"}");
    assertError("ResourceInUseException", server.key, "DeleteImage", "{\"Name\":\"held\"}");
    owner("DeleteImagePermissions", takeBack("held", receiver.id()));
    assertThat(owner("DeleteImage", "{\"Name\":\"held\"}")).contains("\"State\":\"DELETING\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "999999999999", "1234567890123"})
  void anAccountThatIsNotHereIsNotFound(String account) throws Exception {
    server.golden("us-east-1", "alone-" + account);
    assertError(
        "ResourceNotFoundException",
        server.key,
        "UpdateImagePermissions",
        sharing("alone-" + account, account, "{}"));
  }

  @Test
  void anImageIsNotSharedWithItsOwnAccount() throws Exception {
    server.golden("us-east-1", "mine");
    assertError(
        "ResourceNotFoundException",
        server.key,
        "UpdateImagePermissions",
        sharing("mine", server.account.id(), "{}"));
  }

  @Test
  void onlyAnAvailableImageIsShared() throws Exception {
    Image importing =
        Image.importing(
            server.owner("us-east-1"),
            "unfinished",
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Instant.now());
    server.database.useTransaction(handle -> Images.insert(handle, importing));
    assertError(
        "ResourceNotAvailableException",
        server.key,
        "UpdateImagePermissions",
        sharing("unfinished", receiver.id(), "{}"));
    assertError(
        "ResourceNotAvailableException",
        server.key,
        "DeleteImagePermissions",
        takeBack("unfinished", receiver.id()));
  }

  @Test
  void everyViolationIsListed() throws Exception {
    assertThat(server.ask(server.key, "UpdateImagePermissions", sharing("-", "12a", "null")).body())
        .contains("3 validation errors detected")
        .contains("'-' at 'name'")
        .contains("'12a' at 'sharedAccountId'")
        .contains("null at 'imagePermissions'");
    assertError(
        "ValidationException",
        server.key,
        "DescribeImagePermissions",
        "{\"Name\":\"a\",\"MaxResults\":501,\"SharedAwsAccountIds\":[]}");
  }

  @Test
  void aReadOnlyKeyMayLookAtPermissionsAndNotChangeThem() throws Exception {
    server.golden("us-east-1", "looked-at");
    assertThat(answer(server.readOnlyKey, "DescribeImagePermissions", "{\"Name\":\"looked-at\"}"))
        .isEqualTo("{\"Name\":\"looked-at\",\"SharedImagePermissionsList\":[]}");
    assertError(
        "AccessDeniedException",
        server.readOnlyKey,
        "UpdateImagePermissions",
        sharing("looked-at", receiver.id(), "{}"));
  }

  @Test
  void permissionsAreListedInPagesAndByAccount() throws Exception {
    server.golden("us-east-1", "paged");
    List<String> accounts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      accounts.add(server.accounts.create("paged-" + i).id());
      share("paged", accounts.getLast(), "{}");
    }
    Collections.sort(accounts);
    String first = owner("DescribeImagePermissions", "{\"Name\":\"paged\",\"MaxResults\":2}");
    assertThat(first).contains(accounts.get(0), accounts.get(1)).doesNotContain(accounts.get(2));
    Matcher token = NEXT_TOKEN.matcher(first);
    assertThat(token.find()).isTrue();
    String next = "\"MaxResults\":2,\"NextToken\":\"%s\"}".formatted(token.group(1));
    assertThat(owner("DescribeImagePermissions", "{\"Name\":\"paged\"," + next))
        .contains(accounts.get(2))
        .doesNotContain(accounts.get(1), "NextToken");
    server.golden("us-east-1", "another");
    assertError(
        "InvalidParameterCombinationException",
        server.key,
        "DescribeImagePermissions",
        "{\"Name\":\"another\"," + next);
    assertThat(
            owner(
                "DescribeImagePermissions",
                "{\"Name\":\"paged\",\"SharedAwsAccountIds\":[\"%s\",\"1\"]}"
                    .formatted(accounts.get(1))))
        .isEqualTo(
            "{\"Name\":\"paged\",\"SharedImagePermissionsList\":[{\"sharedAccountId\":\"%s\",\"imagePermissions\":{\"allowFleet\":false,\"allowImageBuilder\":false}}]}"
                .formatted(accounts.get(1)));
  }

  @Test
  void theLimitOfSharesIsExactHoweverManyAskAtOnce() throws Exception {
    server.database.useTransaction(
        handle -> AccountQuotas.put(handle, server.account.id(), Quota.SHARES, 3));
    server.golden("us-east-1", "wanted");
    List<String> requests = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      requests.add(sharing("wanted", server.accounts.create("wanting-" + i).id(), "{}"));
    }
    List<String> outcomes;
    try {
      outcomes = server.errorsOf("UpdateImagePermissions", requests);
    } finally {
      server.database.useTransaction(
          handle -> AccountQuotas.remove(handle, server.account.id(), Quota.SHARES));
    }
    assertThat(outcomes).containsOnly("", "LimitExceededException");
    assertThat(Collections.frequency(outcomes, "")).isEqualTo(3);
  }

  private static String sharing(String name, String account, String permissions) {
    return "{\"Name\":\"%s\",\"SharedAccountId\":\"%s\",\"ImagePermissions\":%s}"
        .formatted(name, account, permissions);
  }

  private static String takeBack(String name, String account) {
    return "{\"Name\":\"%s\",\"SharedAccountId\":\"%s\"}".formatted(name, account);
  }

  private static String share(String name, String account, String permissions) throws IOException {
    return owner("UpdateImagePermissions", sharing(name, account, permissions));
  }

  private static String owner(String operation, String body) throws IOException {
    return answer(server.key, operation, body);
  }

  private static String answer(AccessKey key, String operation, String body) throws IOException {
    var answer = server.ask(key, operation, body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static void assertError(String type, AccessKey key, String operation, String body)
      throws IOException {
    var answer = server.ask(key, operation, body);
    assertThat(answer.header("x-amzn-errortype")).as(answer.body()).isEqualTo(type);
  }
}
