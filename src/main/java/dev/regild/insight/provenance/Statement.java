package dev.regild.insight.provenance;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * How an image came to be: an in-toto Statement v1 with SLSA's provenance v1
 * (https://slsa.dev/spec/v1.0/provenance).
 *
 * @param subject the image's layers, its own first
 * @param buildType what was done
 * @param externalParameters what was asked for
 * @param internalParameters what the server decided, and who asked
 * @param dependencies what it was made of
 * @param builder what made it
 * @param run when it was made
 * @param byproducts what else was made
 */
public record Statement(
    List<ResourceDescriptor> subject,
    BuildType buildType,
    Map<String, Object> externalParameters,
    Map<String, Object> internalParameters,
    List<ResourceDescriptor> dependencies,
    Builder builder,
    Run run,
    List<ResourceDescriptor> byproducts) {
  /** The {@code _type} of in-toto's Statement v1. */
  public static final String TYPE = "https://in-toto.io/Statement/v1";

  /** The {@code predicateType} of SLSA's provenance v1. */
  public static final String PREDICATE_TYPE = "https://slsa.dev/provenance/v1";

  private static final String BUILD_TYPES = "https://regild.dev/provenance/";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  public Statement {
    externalParameters = new LinkedHashMap<>(externalParameters);
    internalParameters = new LinkedHashMap<>(internalParameters);
  }

  /** What a job does to make an image, or to change where it stands. */
  public enum BuildType {
    UPDATE("update/v1"),
    IMPORT("import/v1"),
    FLATTEN("flatten/v1"),
    COPY("copy/v1"),
    EXPORT("export/v1"),

    /** Of a package of Regild itself. */
    RELEASE("release/v1");

    private final String path;

    BuildType(String path) {
      this.path = path;
    }

    String uri() {
      return BUILD_TYPES + path;
    }
  }

  /**
   * What made the image.
   *
   * @param isolation of the guest while it was serviced: whom to trust differs with it
   * @param versions by program
   */
  public record Builder(String isolation, Map<String, String> versions) {
    public Builder {
      versions = new LinkedHashMap<>(versions);
    }

    private Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", BUILD_TYPES + "builder/" + isolation);
      json.put("version", versions);
      return json;
    }
  }

  /**
   * One run of a job.
   *
   * @param id of the job
   * @param started when it was asked for
   * @param finished when the image was published
   */
  public record Run(String id, Instant started, Instant finished) {
    private Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("invocationId", id);
      json.put("startedOn", started.truncatedTo(ChronoUnit.SECONDS).toString());
      json.put("finishedOn", finished.truncatedTo(ChronoUnit.SECONDS).toString());
      return json;
    }
  }

  /** Returns a value as the JSON that statements have of it. */
  public static byte[] json(Object value) {
    return JSON.writeValueAsBytes(value);
  }

  /** Returns what is signed. */
  public byte[] json() {
    Map<String, Object> buildDefinition = new LinkedHashMap<>();
    buildDefinition.put("buildType", buildType.uri());
    buildDefinition.put("externalParameters", externalParameters);
    buildDefinition.put("internalParameters", internalParameters);
    buildDefinition.put("resolvedDependencies", json(dependencies));
    Map<String, Object> runDetails = new LinkedHashMap<>();
    runDetails.put("builder", builder.json());
    runDetails.put("metadata", run.json());
    runDetails.put("byproducts", json(byproducts));
    Map<String, Object> predicate = new LinkedHashMap<>();
    predicate.put("buildDefinition", buildDefinition);
    predicate.put("runDetails", runDetails);
    Map<String, Object> statement = new LinkedHashMap<>();
    statement.put("_type", TYPE);
    statement.put("subject", json(subject));
    statement.put("predicateType", PREDICATE_TYPE);
    statement.put("predicate", predicate);
    return json((Object) statement);
  }

  private static List<Map<String, Object>> json(List<ResourceDescriptor> descriptors) {
    return descriptors.stream().map(ResourceDescriptor::json).toList();
  }
}
