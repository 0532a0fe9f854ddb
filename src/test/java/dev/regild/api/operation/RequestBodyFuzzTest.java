package dev.regild.api.operation;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.Operation;
import dev.regild.api.ServiceModel;
import dev.regild.image.Owner;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A request's body is read as an operation has it, or refused. */
class RequestBodyFuzzTest {
  private static final String TARGET = "PhotonAdminProxyService.";
  private static final Caller CALLER =
      new Caller(new Owner("123456789012", "us-east-1"), "key", false, false);
  private static final AppStreamProtocol PROTOCOL =
      new AppStreamProtocol(ServiceModel.load(), List.of(new Images(), new Tags()));

  private static final class Images implements Operation<DescribeImages.Request> {
    @Override
    public String name() {
      return "DescribeImages";
    }

    @Override
    public Object answer(Owner caller, DescribeImages.Request request) {
      return request;
    }
  }

  private static final class Tags implements Operation<TagResource.Request> {
    @Override
    public String name() {
      return "TagResource";
    }

    @Override
    public Object answer(Owner caller, TagResource.Request request) {
      return request;
    }
  }

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            "{\"Names\":[\"a\"],\"Arns\":[],\"Type\":\"SHARED\",\"MaxResults\":3,\"NextToken\":\"x\"}",
            "{\"resourceArn\":\"arn\",\"tags\":{\"k\":\"v\"}}")
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      PROTOCOL.answer(CALLER, TARGET + "DescribeImages", AppStreamProtocol.CONTENT_TYPE, bytes);
      PROTOCOL.answer(CALLER, TARGET + "TagResource", AppStreamProtocol.CONTENT_TYPE, bytes);
    } catch (ApiException refused) {
      // As it should be.
    }
  }
}
