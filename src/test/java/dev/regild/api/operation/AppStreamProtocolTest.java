package dev.regild.api.operation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.Operation;
import dev.regild.api.ServiceModel;
import dev.regild.image.Owner;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire, with an operation that answers what it was asked. */
class AppStreamProtocolTest {
  private static final Caller CALLER =
      new Caller(new Owner("123456789012", "us-east-1"), "key", false, false);
  private static final String TARGET = "PhotonAdminProxyService.DescribeImages";

  private final AppStreamProtocol protocol =
      new AppStreamProtocol(ServiceModel.load(), List.of(new Echo()));

  private static final class Echo implements Operation<DescribeImages.Request> {
    record Answer(
        @JsonProperty("Asked") DescribeImages.Request asked,
        @JsonProperty("At") Instant at,
        @JsonProperty("Nothing") Optional<String> nothing) {}

    @Override
    public String name() {
      return "DescribeImages";
    }

    @Override
    public Object answer(Owner caller, DescribeImages.Request request) {
      return new Answer(request, Instant.parse("2026-01-31T12:00:00.120Z"), Optional.empty());
    }
  }

  @Test
  void absentMembersAreLeftOutAndTimesAreSeconds() {
    assertThat(answer("{\"MaxResults\":3,\"Names\":null,\"Unknown\":[{}]}"))
        .isEqualTo("{\"Asked\":{\"MaxResults\":3},\"At\":1769860800.120}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"Names\":\"a\"}|STRING_VALUE can not be converted to a List at 'names'",
        "{\"Names\":[1]}|NUMBER_VALUE can not be converted to a String at 'names.1.member'",
        "{\"MaxResults\":\"3\"}|STRING_VALUE can not be converted to an Integer at 'maxResults'",
        "{\"MaxResults\":1.5}|NUMBER_VALUE can not be converted to an Integer at 'maxResults'",
        "{\"MaxResults\":99999999999}|NUMBER_VALUE can not be converted to an Integer at 'maxResults'",
        "{\"Type\":{}}|Start of structure or map can not be converted to a String at 'type'",
        "[]|Start of list can not be converted to a Structure at the request",
        "{\"Names\":|The request's body is not valid JSON: line 1, column 10."
      })
  void aWrongTypeIsASerializationError(String body, String message) {
    ApiException error = error(TARGET, AppStreamProtocol.CONTENT_TYPE, body);
    assertThat(error.type()).isEqualTo(ErrorType.SERIALIZATION);
    assertThat(error.text()).isEqualTo(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "17", "{} {", "\"x\""})
  void whatIsNoObjectIsASerializationError(String body) {
    assertThat(error(TARGET, AppStreamProtocol.CONTENT_TYPE, body).type())
        .isEqualTo(ErrorType.SERIALIZATION);
  }

  @Test
  void deepNestingIsRefused() {
    String body = "{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThat(error(TARGET, AppStreamProtocol.CONTENT_TYPE, body).type())
        .isEqualTo(ErrorType.SERIALIZATION);
  }

  @Test
  void anotherOperationIsUnknown() {
    ApiException error =
        error("PhotonAdminProxyService.CreateFleet", AppStreamProtocol.CONTENT_TYPE, "{}");
    assertThat(error.type()).isEqualTo(ErrorType.UNKNOWN_OPERATION);
    assertThat(error.text()).contains("Regild serves images only");
  }

  @Test
  void anotherContentTypeIsRefused() {
    assertThat(error(TARGET, "application/json", "{}").text())
        .isEqualTo("The Content-Type must be application/x-amz-json-1.1, not 'application/json'.");
    assertThat(
            protocol.answer(CALLER, TARGET, "Application/X-Amz-Json-1.1; charset=utf-8", b("{}")))
        .isNotEmpty();
  }

  @Test
  void aKeyThatMayOnlyLookIsRefusedAChange() {
    Caller reader = new Caller(CALLER.owner(), "key", true, false);
    ApiException error =
        catchThrowableOfType(
            ApiException.class,
            () -> protocol.answer(reader, TARGET, AppStreamProtocol.CONTENT_TYPE, b("{}")));
    assertThat(error.type()).isEqualTo(ErrorType.ACCESS_DENIED);
  }

  @Test
  void aSuspendedAccountIsRefusedEverything() {
    Caller suspended = new Caller(CALLER.owner(), "key", false, true);
    ApiException error =
        catchThrowableOfType(
            ApiException.class,
            () -> protocol.answer(suspended, TARGET, AppStreamProtocol.CONTENT_TYPE, b("{}")));
    // The model has no InvalidAccountStatusException for this operation.
    assertThat(error.type()).isEqualTo(ErrorType.ACCESS_DENIED);
  }

  @Test
  void errorBodiesNameTheirMessageAsTheirKindDoes() {
    ApiErrors errors = new ApiErrors();
    assertThat(new String(errors.body(new ApiException(ErrorType.RESOURCE_NOT_FOUND, "m")), UTF_8))
        .isEqualTo("{\"__type\":\"ResourceNotFoundException\",\"Message\":\"m\"}");
    assertThat(new String(errors.body(new ApiException(ErrorType.VALIDATION, "m")), UTF_8))
        .isEqualTo("{\"__type\":\"ValidationException\",\"message\":\"m\"}");
  }

  static Map<Class<?>, String> shapes() {
    return Map.ofEntries(
        Map.entry(WireImage.class, "Image"),
        Map.entry(WireImage.Reason.class, "ImageStateChangeReason"),
        Map.entry(WireImage.Permissions.class, "ImagePermissions"),
        Map.entry(WireImage.ResourceError.class, "ResourceError"),
        Map.entry(WireApplication.class, "Application"),
        Map.entry(WireImageBuilder.class, "ImageBuilder"),
        Map.entry(CreateUpdatedImage.Request.class, "CreateUpdatedImageRequest"),
        Map.entry(CreateUpdatedImage.Result.class, "CreateUpdatedImageResult"),
        Map.entry(CreateImportedImage.Request.class, "CreateImportedImageRequest"),
        Map.entry(CreateImportedImage.Result.class, "CreateImportedImageResult"),
        Map.entry(CreateImportedImage.ApplicationConfig.class, "ApplicationConfig"),
        Map.entry(CreateImportedImage.RuntimeValidationConfig.class, "RuntimeValidationConfig"),
        Map.entry(DeleteImage.Request.class, "DeleteImageRequest"),
        Map.entry(DeleteImage.Result.class, "DeleteImageResult"),
        Map.entry(DescribeImages.Request.class, "DescribeImagesRequest"),
        Map.entry(DescribeImages.Result.class, "DescribeImagesResult"),
        Map.entry(DescribeImageBuilders.Request.class, "DescribeImageBuildersRequest"),
        Map.entry(DescribeImageBuilders.Result.class, "DescribeImageBuildersResult"),
        Map.entry(TagResource.Request.class, "TagResourceRequest"),
        Map.entry(UntagResource.Request.class, "UntagResourceRequest"),
        Map.entry(ListTagsForResource.Request.class, "ListTagsForResourceRequest"),
        Map.entry(ListTagsForResource.Result.class, "ListTagsForResourceResponse"));
  }

  static java.util.stream.Stream<Map.Entry<Class<?>, String>> shapeEntries() {
    return shapes().entrySet().stream();
  }

  @ParameterizedTest
  @MethodSource("shapeEntries")
  void recordsHaveTheMembersOfTheirShapes(Map.Entry<Class<?>, String> shape) {
    var members = ServiceModel.load().structure(shape.getValue()).members().keySet();
    List<String> components =
        Arrays.stream(shape.getKey().getRecordComponents())
            .map(AppStreamProtocolTest::member)
            .toList();
    assertThat(members).containsAll(components);
    if (shape.getValue().endsWith("Request") || shape.getValue().endsWith("Config")) {
      assertThat(components).containsExactlyInAnyOrderElementsOf(members);
    }
  }

  private static String member(RecordComponent component) {
    return component.getAccessor().getAnnotation(JsonProperty.class).value();
  }

  private String answer(String body) {
    return new String(
        protocol.answer(CALLER, TARGET, AppStreamProtocol.CONTENT_TYPE, b(body)), UTF_8);
  }

  private ApiException error(String target, String contentType, String body) {
    ApiException thrown =
        catchThrowableOfType(
            ApiException.class, () -> protocol.answer(CALLER, target, contentType, b(body)));
    assertThat(thrown).isNotNull();
    return thrown;
  }

  private static byte[] b(String text) {
    return text.getBytes(UTF_8);
  }
}
