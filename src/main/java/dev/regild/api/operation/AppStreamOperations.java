package dev.regild.api.operation;

import dev.regild.api.AppStreamProtocol;
import dev.regild.api.ServiceModel;
import dev.regild.plan.UpdateOptions;
import java.util.List;

/** The protocol with the operations that this server has. */
public final class AppStreamOperations {
  private AppStreamOperations() {}

  /** Every operation. */
  public static AppStreamProtocol serving(ImageServices services) {
    WireImages wireImages = new WireImages(services.agents());
    return new AppStreamProtocol(
        ServiceModel.load(),
        List.of(
            new CopyImage(services.copies()),
            new CreateExportImageTask(services.exports()),
            new CreateImportedImage(services.imports()::importDisk, services.clock(), wireImages),
            new CreateUpdatedImage(services.updates(), UpdateOptions.NONE, wireImages),
            new DeleteImage(services.deletions(), wireImages),
            new DeleteImageBuilder(services.cancellations()),
            new DeleteImagePermissions(services.database()),
            new DescribeImageBuilders(services.database(), services.pageTokens()),
            new DescribeImagePermissions(services.database(), services.pageTokens()),
            new DescribeImages(
                services.database(), services.pageTokens(), services.nodes(), wireImages),
            new GetExportImageTask(services.database()),
            new ListExportImageTasks(services.database(), services.pageTokens()),
            new ListTagsForResource(services.database()),
            new TagResource(services.database(), services.quotas()),
            new UntagResource(services.database()),
            new UpdateImagePermissions(
                services.database(), services.quotas(), services.accounts())));
  }

  /** An update alone, for which the caller allows more than the call has members for. */
  public static AppStreamProtocol updating(ImageServices services, UpdateOptions options) {
    return new AppStreamProtocol(
        ServiceModel.load(),
        List.of(
            new CreateUpdatedImage(
                services.updates(), options, new WireImages(services.agents()))));
  }

  /**
   * An import alone, as a check before its disk is sent: the answer shows the image that it would
   * make.
   */
  public static AppStreamProtocol checkingImports(ImageServices services) {
    return new AppStreamProtocol(
        ServiceModel.load(),
        List.of(
            new CreateImportedImage(
                services.imports()::check, services.clock(), new WireImages(services.agents()))));
  }
}
