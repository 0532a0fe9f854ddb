package dev.regild.api.operation;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.util.regex.Pattern;

/** The ARN of an IAM role. It has no meaning outside AWS; a role of no role's form is refused. */
final class RoleArn {
  /** IAM's names of roles and paths; see the IAM API reference, CreateRole. */
  private static final Pattern FORM =
      Pattern.compile("arn:aws[a-z-]*:iam::\\d{12}:role/[\\x21-\\x7e]{1,576}");

  private RoleArn() {}

  /**
   * Nothing happens if it has the form.
   *
   * @throws ApiException InvalidRoleException if not
   */
  static void require(String arn) {
    if (!FORM.matcher(arn).matches()) {
      throw new ApiException(
          ErrorType.INVALID_ROLE,
          "'%s' is not a role's ARN; write arn:aws:iam::<account>:role/<name>.".formatted(arn));
    }
  }
}
