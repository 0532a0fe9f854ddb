package dev.regild.channel;

import dev.regild.inventory.Inventory;
import java.util.function.Consumer;

/** What is installed in the images of a platform, for sources that offer only what fits them. */
@FunctionalInterface
public interface ImageInventories {
  /** Hands out each distinct inventory of the images of a platform. */
  void each(String platform, Consumer<Inventory> action);
}
