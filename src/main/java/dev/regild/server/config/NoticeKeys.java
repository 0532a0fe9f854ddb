package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.NOTICES_ALLOW;
import static dev.regild.server.config.ConfigKeys.wrong;

import dev.regild.policy.notice.Addresses;
import dev.regild.policy.notice.Addresses.Network;
import java.util.Arrays;
import java.util.Map;

/** Reads the keys of notices. */
final class NoticeKeys {
  private final Map<String, String> values;

  NoticeKeys(Map<String, String> values) {
    this.values = values;
  }

  Config.Notices settings() throws ConfigException {
    String text = values.getOrDefault(NOTICES_ALLOW, "");
    try {
      return new Config.Notices(
          new Addresses(
              Arrays.stream(text.split(",", -1))
                  .map(String::strip)
                  .filter(it -> !it.isEmpty())
                  .map(Network::parse)
                  .toList()),
          MailKeys.settings(values));
    } catch (IllegalArgumentException e) {
      throw wrong(NOTICES_ALLOW, text, "networks such as 10.20.0.0/16, separated by commas");
    }
  }
}
