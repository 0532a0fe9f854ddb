package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.util.List;
import java.util.Optional;

/**
 * The form that revokes images, with what that would mark.
 *
 * @param images proposals
 * @param plan names the images of the preview
 * @param preview what would be marked; empty before a preview
 */
public record RevokePage(
    Fields form,
    List<String> images,
    String plan,
    Optional<RevokedImages> preview,
    Commands commands) {}
