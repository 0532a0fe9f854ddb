package dev.regild.store;

import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Configures the SDK's client so that it works with any S3 store. */
final class StoreClient {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private StoreClient() {}

  static S3Client of(StoreSettings settings) {
    Duration silence = settings.limits().silence();
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(settings.region()))
            .forcePathStyle(settings.pathStyle())
            // Off, because other stores than AWS refuse the trailers that would follow each body.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            // One hash of the whole body in the signature, where the endpoint is plain http.
            .serviceConfiguration(it -> it.chunkedEncodingEnabled(false))
            .httpClient(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(silence.compareTo(CONNECT) < 0 ? silence : CONNECT)
                    .socketTimeout(silence)
                    .build())
            .overrideConfiguration(it ->
                it.retryStrategy(AwsRetryStrategy.doNotRetry()).apiCallAttemptTimeout(silence));
    settings.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }
}
