package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import dev.regild.api.SigV4;
import java.net.URI;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** A GET of one of our own endpoints as it goes over the wire. */
final class SignedGet {
  private SignedGet() {}

  /** Signed for us-east-1, with further lines of headers that are not signed. */
  static byte[] of(AccessKey key, String path, String... headers) {
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(AwsCredentialsIdentity.create(key.id(), key.secret()))
                    .request(
                        SdkHttpRequest.builder()
                            .method(SdkHttpMethod.GET)
                            .uri(URI.create("http://localhost" + path))
                            .build())
                    .payload(ContentStreamProvider.fromUtf8String(""))
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SigV4.SERVICE))
            .request();
    StringBuilder text = new StringBuilder("GET %s HTTP/1.1\r\n".formatted(path));
    signed
        .headers()
        .forEach((name, values) -> text.append(name + ": " + values.getFirst() + "\r\n"));
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(UTF_8);
  }
}
