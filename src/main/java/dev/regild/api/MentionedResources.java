package dev.regild.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The names, ARNs and ids in a request, for those who want to know later what it was about. */
public final class MentionedResources {
  /** Enough for what a call changes; longer lists are of calls that only look. */
  private static final int MOST = 100;

  private static final int LONGEST = 256;

  private static final Set<String> MEMBERS =
      Set.of(
          "AmiName",
          "Arns",
          "DestinationImageName",
          "DestinationRegion",
          "ImageName",
          "Name",
          "Names",
          "ResourceArn",
          "SharedAccountId",
          "SharedAwsAccountIds",
          "SourceAmiId",
          "SourceImageName",
          "TaskId",
          "existingImageName",
          "newImageName");

  private static final WireJson JSON = new WireJson();

  private MentionedResources() {}

  /**
   * What a request's body mentions, at most 100 of at most 256 characters; nothing if the body is
   * no JSON object. It need not be a request that is any good.
   */
  public static List<String> in(byte[] body) {
    List<String> mentioned = new ArrayList<>();
    try {
      JsonNode request = JSON.read(body);
      for (String member : request.propertyNames()) {
        if (MEMBERS.contains(member)) {
          add(request.path(member), mentioned);
        }
      }
    } catch (ApiException e) {
      // What can't be read was refused, and mentions nothing.
    }
    return List.copyOf(mentioned.subList(0, Math.min(MOST, mentioned.size())));
  }

  private static void add(JsonNode value, List<String> mentioned) {
    if (value.isString()) {
      String text = value.asString();
      mentioned.add(text.substring(0, Math.min(LONGEST, text.length())));
    } else if (value.isArray()) {
      value.values().stream()
          .filter(JsonNode::isString)
          .limit(MOST)
          .forEach(element -> add(element, mentioned));
    }
  }
}
