package dev.regild.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The messages are those that AWS services write, letter by letter. */
class ConstraintsTest {
  private static final ServiceModel MODEL = ServiceModel.load();

  @Test
  void aSoundRequestPasses() {
    assertThatCode(() ->
            check(
                "CreateUpdatedImageRequest",
                """
                {"existingImageName":"golden","newImageName":"golden-2",
                 "newImageDescription":"","newImageTags":{"Owner":"desk","empty":""},
                 "dryRun":true,"unknown":{"a":[1]}}
                """))
        .doesNotThrowAnyException();
  }

  @Test
  void aMissingMemberIsNull() {
    assertThat(message("DeleteImageRequest", "{}"))
        .isEqualTo(
            "1 validation error detected: Value null at 'name' failed to satisfy constraint:"
                + " Member must not be null");
  }

  @Test
  void nullIsTheSameAsAbsent() {
    assertThat(message("DeleteImageRequest", "{\"Name\":null}"))
        .isEqualTo(message("DeleteImageRequest", "{}"));
    assertThatCode(() -> check("DescribeImagesRequest", "{\"Names\":null,\"MaxResults\":null}"))
        .doesNotThrowAnyException();
  }

  @Test
  void allViolationsAreCountedAndListed() {
    assertThat(message("CreateUpdatedImageRequest", "{\"existingImageName\":\"-x\"}"))
        .isEqualTo(
            "2 validation errors detected: Value '-x' at 'existingImageName' failed to satisfy"
                + " constraint: Member must satisfy regular expression pattern:"
                + " ^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$; Value null at 'newImageName' failed to"
                + " satisfy constraint: Member must not be null");
  }

  @Test
  void aTrailingNewlineDoesNotMatch() {
    assertThat(message("DeleteImageRequest", "{\"Name\":\"golden\\n\"}"))
        .contains("Member must satisfy regular expression pattern");
  }

  @Test
  void aTooLongText() {
    String text = "d".repeat(257);
    assertThat(
            message(
                "CreateUpdatedImageRequest",
                """
                {"existingImageName":"a","newImageName":"b","newImageDescription":"%s"}
                """
                    .formatted(text)))
        .isEqualTo(
            "1 validation error detected: Value '"
                + text
                + "' at 'newImageDescription' failed to satisfy constraint: Member must have"
                + " length less than or equal to 256");
  }

  @Test
  void lengthCountsCharactersNotUtf16Units() {
    assertThatCode(() ->
            check(
                "CreateUpdatedImageRequest",
                """
                {"existingImageName":"a","newImageName":"b","newImageDescription":"%s"}
                """
                    .formatted("😀".repeat(256))))
        .doesNotThrowAnyException();
  }

  @Test
  void aTooShortText() {
    assertThat(message("DescribeImagesRequest", "{\"NextToken\":\"\"}"))
        .isEqualTo(
            "1 validation error detected: Value '' at 'nextToken' failed to satisfy constraint:"
                + " Member must have length greater than or equal to 1");
  }

  @Test
  void aNumberOutOfItsRange() {
    assertThat(message("DescribeImagesRequest", "{\"MaxResults\":26}"))
        .isEqualTo(
            "1 validation error detected: Value '26' at 'maxResults' failed to satisfy constraint:"
                + " Member must have value less than or equal to 25");
    assertThat(message("DescribeImagesRequest", "{\"MaxResults\":-1}"))
        .isEqualTo(
            "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint:"
                + " Member must have value greater than or equal to 0");
  }

  @Test
  void aValueThatIsNoneOfAnEnum() {
    assertThat(message("DescribeImagesRequest", "{\"Type\":\"MINE\"}"))
        .isEqualTo(
            "1 validation error detected: Value 'MINE' at 'type' failed to satisfy constraint:"
                + " Member must satisfy enum value set: [PUBLIC, PRIVATE, SHARED]");
  }

  @Test
  void elementsAreReportedAtTheirList() {
    assertThat(message("DescribeImagesRequest", "{\"Names\":[\"golden\",\"\"]}"))
        .isEqualTo(
            "1 validation error detected: Value '[golden, ]' at 'names' failed to satisfy"
                + " constraint: Member must satisfy constraint: [Member must have length greater"
                + " than or equal to 1]");
  }

  @Test
  void aListOfTheWrongSize() {
    assertThat(message("UntagResourceRequest", "{\"ResourceArn\":\"" + ARN + "\",\"TagKeys\":[]}"))
        .isEqualTo(
            "1 validation error detected: Value '[]' at 'tagKeys' failed to satisfy constraint:"
                + " Member must have length greater than or equal to 1");
  }

  @Test
  void keysAndValuesAreReportedAtTheirMap() {
    assertThat(
            message(
                "TagResourceRequest",
                "{\"ResourceArn\":\"" + ARN + "\",\"Tags\":{\"aws:x\":\"a,b\"}}"))
        .isEqualTo(
            "2 validation errors detected: Value '{aws:x=a,b}' at 'tags' failed to satisfy"
                + " constraint: Map keys must satisfy constraint: [Member must have length less"
                + " than or equal to 128, Member must have length greater than or equal to 1,"
                + " Member must satisfy regular expression pattern:"
                + " ^(^(?!aws:).[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$]; Value '{aws:x=a,b}' at 'tags'"
                + " failed to satisfy constraint: Map value must satisfy constraint: [Member must"
                + " have length less than or equal to 256, Member must have length greater than or"
                + " equal to 0, Member must satisfy regular expression pattern:"
                + " ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$]");
  }

  @Test
  void aMapOfTheWrongSize() {
    assertThat(message("TagResourceRequest", "{\"ResourceArn\":\"" + ARN + "\",\"Tags\":{}}"))
        .isEqualTo(
            "1 validation error detected: Value '{}' at 'tags' failed to satisfy constraint:"
                + " Member must have length greater than or equal to 1");
  }

  @Test
  void structuresInListsAreReportedMemberByMember() {
    assertThat(
            message(
                "CreateImportedImageRequest",
                """
                {"Name":"golden","SourceAmiId":"ami-01234567","IamRoleArn":"%s",
                 "AppCatalogConfig":[{"Name":"ok","AbsoluteAppPath":"/a"},{"Name":"ok"}]}
                """
                    .formatted(ROLE)))
        .isEqualTo(
            "1 validation error detected: Value null at 'appCatalogConfig.2.member.absoluteAppPath'"
                + " failed to satisfy constraint: Member must not be null");
  }

  @Test
  void structuresInStructuresAreReportedByTheirPath() {
    assertThat(
            message(
                "CreateImportedImageRequest",
                """
                {"Name":"golden","SourceAmiId":"ami-01234567","IamRoleArn":"%s",
                 "RuntimeValidationConfig":{"IntendedInstanceType":"huge"}}
                """
                    .formatted(ROLE)))
        .startsWith(
            "1 validation error detected: Value 'huge' at"
                + " 'runtimeValidationConfig.intendedInstanceType' failed to satisfy constraint:"
                + " Member must satisfy regular expression pattern: ");
  }

  @Test
  void whatIsSensitiveIsNotEchoed() {
    assertThat(
            message(
                "CreateImportedImageRequest",
                """
                {"Name":"golden","SourceAmiId":"ami-01234567","IamRoleArn":"%s",
                 "AppCatalogConfig":[{"Name":"-secret","AbsoluteAppPath":"/a",
                   "LaunchParameters":"%s"}]}
                """
                    .formatted(ROLE, "secret".repeat(200))))
        .isEqualTo(
            "2 validation errors detected: Value at 'appCatalogConfig.1.member.name' failed to"
                + " satisfy constraint: Member must satisfy regular expression pattern:"
                + " ^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$; Value at"
                + " 'appCatalogConfig.1.member.launchParameters' failed to satisfy constraint:"
                + " Member must have length less than or equal to 1024");
  }

  @Test
  void aHugeTextNeitherOverflowsTheMatcherNorComesBack() {
    String message =
        message(
            "CreateImportedImageRequest",
            """
            {"Name":"golden","SourceAmiId":"ami-01234567","IamRoleArn":"%s",
             "RuntimeValidationConfig":{"IntendedInstanceType":"a%s"}}
            """
                .formatted(ROLE, ".a".repeat(400_000)));
    assertThat(message)
        .contains("Member must satisfy regular expression pattern")
        .hasSizeLessThan(1500);
  }

  private static final String ARN = "arn:aws:appstream:us-east-1:123456789012:image/golden";
  private static final String ROLE = "arn:aws:iam::123456789012:role/import";

  private static void check(String shape, String json) {
    new Constraints(MODEL).check(shape, JsonMapper.shared().readTree(json));
  }

  private static String message(String shape, String json) {
    ApiException thrown = catchThrowableOfType(ApiException.class, () -> check(shape, json));
    assertThat(thrown.type()).isEqualTo(ErrorType.VALIDATION);
    return thrown.text();
  }
}
