package dev.regild.disk;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text in a vmdk that names its extents and its parent. QEMU looks for the keys of a parent
 * anywhere in it, within other values and comments too, and ends a line only at a line feed. A text
 * that could be read otherwise is refused.
 *
 * @param text up to the first NUL
 * @param createType {@code monolithicSparse} or {@code streamOptimized}
 */
record VmdkDescriptor(String text, String createType) {
  private static final Pattern CREATE_TYPE =
      Pattern.compile("createType=\"(monolithicSparse|streamOptimized)\"");

  private static final Pattern NO_PARENT = Pattern.compile("parentCID=[fF]{8}");

  /** {@code RW 4192256 SPARSE "disk.vmdk"}; vSphere writes {@code RDONLY} in what it exports. */
  private static final Pattern OWN_EXTENT =
      Pattern.compile("(RW|RDONLY) \\d{1,15} SPARSE \"[^\"/\\\\]+\"");

  private static final Pattern EXTENT =
      Pattern.compile("(RW|RDONLY|NOACCESS)\\b.*", Pattern.CASE_INSENSITIVE);

  /**
   * Reads a descriptor.
   *
   * @param read all that QEMU reads, with what stands behind the text
   * @throws UnfitDiskException if it names another file, or could be read in more than one way
   */
  static VmdkDescriptor parse(String read) throws UnfitDiskException {
    int end = read.indexOf('\0');
    if (end < 0) {
      throw doubtful("its descriptor is longer than QEMU reads");
    }
    // Behind the text too: nothing that reads on must find one.
    if (read.toLowerCase(Locale.ROOT).contains("parentfilenamehint")) {
      throw namesOthers();
    }
    String text = read.substring(0, end);
    List<String> lines = lines(text);
    String createType = createType(text, lines);
    requireNoParent(text, lines);
    requireOwnExtent(lines);
    return new VmdkDescriptor(text, createType);
  }

  private static List<String> lines(String text) throws UnfitDiskException {
    String unix = text.replace("\r\n", "\n");
    if (unix.chars().anyMatch(c -> c != '\n' && c != '\t' && Character.isISOControl(c))) {
      throw doubtful("its descriptor holds control characters");
    }
    return List.of(unix.split("\n", -1)).stream().map(String::strip).toList();
  }

  private static String createType(String text, List<String> lines) throws UnfitDiskException {
    List<String> types =
        lines.stream()
            .map(CREATE_TYPE::matcher)
            .filter(Matcher::matches)
            .map(matcher -> matcher.group(1))
            .toList();
    if (types.isEmpty() && count(text, "createtype") == 1) {
      throw namesOthers();
    }
    if (types.size() != 1 || count(text, "createtype") != 1) {
      throw doubtful("its descriptor does not have exactly one createType");
    }
    return types.getFirst();
  }

  private static void requireNoParent(String text, List<String> lines) throws UnfitDiskException {
    if (count(text, "parentcid") != 1) {
      throw doubtful("its descriptor does not have exactly one parentCID");
    }
    if (lines.stream().noneMatch(line -> NO_PARENT.matcher(line).matches())) {
      throw namesOthers();
    }
  }

  private static void requireOwnExtent(List<String> lines) throws UnfitDiskException {
    List<String> extents = lines.stream().filter(line -> EXTENT.matcher(line).matches()).toList();
    if (extents.size() != 1 || !OWN_EXTENT.matcher(extents.getFirst()).matches()) {
      throw namesOthers();
    }
  }

  private static int count(String text, String lowerCaseWord) {
    return text.toLowerCase(Locale.ROOT).split(Pattern.quote(lowerCaseWord), -1).length - 1;
  }

  private static UnfitDiskException namesOthers() {
    return new UnfitDiskException("the disk refers to other files" + DiskCheck.FLATTEN);
  }

  static UnfitDiskException doubtful(String why) {
    return new UnfitDiskException("the vmdk is ambiguous: " + why + DiskCheck.FLATTEN);
  }
}
