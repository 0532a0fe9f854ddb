package dev.regild.channel;

import java.io.IOException;
import java.util.Set;

/** Keeps the channels' files of one node the same as those of the others. */
public interface ChannelFiles {
  /** Of a node that shares its channels with no other. */
  ChannelFiles OF_ONE_NODE =
      new ChannelFiles() {
        @Override
        public void look() {}

        @Override
        public void pull() {}

        @Override
        public void push(String channel) {}

        @Override
        public boolean bring(String digest) {
          return false;
        }

        @Override
        public void prune(Set<String> inUse) {}
      };

  /** Takes what others have changed, for a reader. Waits a few seconds at most. */
  void look();

  /** Takes all that others have changed, before a change is made here. */
  void pull() throws IOException, InterruptedException;

  /**
   * Hands on a change of a channel that was made in its files here.
   *
   * @throws ChannelException if another node has changed the channel at the same time; what was
   *     changed here is undone by the next {@link #pull}
   */
  void push(String channel) throws ChannelException, IOException, InterruptedException;

  /**
   * Makes a snapshot's files be here.
   *
   * @return false if there is no such snapshot
   */
  boolean bring(String digest) throws IOException, InterruptedException;

  /**
   * Forgets the snapshots that no channel has current, and that were not for a while.
   *
   * @param inUse digests to keep
   */
  void prune(Set<String> inUse);
}
