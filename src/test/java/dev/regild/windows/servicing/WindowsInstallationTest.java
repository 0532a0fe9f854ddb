package dev.regild.windows.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.machine.FakeAgent;
import dev.regild.servicing.GuestException;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done in a fake Windows, whose installers end as each test says. */
@Timeout(300)
class WindowsInstallationTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** No machine is so slow that a test which does not wait for their end reaches it. */
  private static final WindowsLimits LIMITS =
      new WindowsLimits(PATIENCE, PATIENCE, PATIENCE, PATIENCE, Duration.ofMillis(1));

  private static final WindowsLimits SHORT_START =
      new WindowsLimits(SHORT, PATIENCE, PATIENCE, PATIENCE, Duration.ofMillis(1));
  private static final WindowsLimits SHORT_TOOL =
      new WindowsLimits(PATIENCE, SHORT, PATIENCE, PATIENCE, Duration.ofMillis(1));
  private static final WindowsLimits SHORT_SHUTDOWN =
      new WindowsLimits(PATIENCE, PATIENCE, PATIENCE, SHORT, Duration.ofMillis(1));

  private static final WindowsCd.Content STACK =
      content(Kind.SERVICING_STACK, "KB1", "01\\stack.cab");
  private static final WindowsCd.Content ROLLUP =
      content(Kind.CUMULATIVE, "KB5035857", "02\\rollup.cab");
  private static final WindowsCd.Content DRIVER = content(Kind.DRIVER, "", "03\\netkvm.inf");
  private static final WindowsCd.Content AGENT = content(Kind.AGENT, "", "04\\agent.msi");

  private static final String CLEANUP =
      "dism.exe /Online /English /Cleanup-Image /StartComponentCleanup /Quiet /NoRestart";

  private static final String MSI_LOG = " /l*v C:\\Windows\\Temp\\regild.log";

  @TempDir Path directory;
  private FakeWindows windows;
  private final List<String> log = new ArrayList<>();
  private final List<Double> progress = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    windows = new FakeWindows(directory);
  }

  @AfterEach
  void close() throws Exception {
    windows.close();
  }

  @Test
  void kindsAreInstalledInTheirOrderWithTheRestartsThatTheyAskFor() throws Exception {
    windows.ends("stack.cab", 3010);
    windows.ends("rollup.cab", 3010);
    windows.ends("agent.msi", 0);
    install(AGENT, DRIVER, ROLLUP, STACK);
    assertThat(windows.events())
        .containsExactly(
            "dism.exe /Online /English /Add-Package /PackagePath:D:\\01\\stack.cab /Quiet"
                + " /NoRestart",
            "restart",
            "dism.exe /Online /English /Add-Package /PackagePath:D:\\02\\rollup.cab /Quiet"
                + " /NoRestart",
            "restart",
            "pnputil.exe /add-driver D:\\03\\netkvm.inf /install",
            "msiexec.exe /i D:\\04\\agent.msi /qn /norestart" + MSI_LOG,
            CLEANUP,
            "off");
    assertThat(progress).isSorted().endsWith(1.0).hasSize(5);
  }

  @Test
  void whatIsPendingIsRestartedForThoughNoInstallerSaidSo() throws Exception {
    windows.untilRestart.add("Component Based Servicing\\RebootPending");
    install(ROLLUP);
    assertThat(windows.events().getFirst()).isEqualTo("restart");
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(1);
  }

  @Test
  void theSixthRestartInARowIsRefused() {
    windows.inRegistry("Auto Update\\RebootRequired");
    assertThatThrownBy(() -> install(ROLLUP))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("still needs a restart after 5 restarts in a row")
        .hasMessageContaining("RebootRequired")
        .hasMessageContaining("Start the image once, let it end, shut it down");
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(5);
    assertThat(windows.events()).doesNotContain("off");
  }

  @Test
  void restartsBetweenWhichThereIsProgressAreNotTooMany() throws Exception {
    windows.ends("stack.cab", 3010);
    windows.ends("rollup.cab", 350, 3010);
    windows.ends("netkvm.inf", 3010);
    windows.ends("agent.msi", 1641);
    windows.ends("/StartComponentCleanup", 3010);
    install(STACK, ROLLUP, DRIVER, AGENT);
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(6);
    assertThat(windows.events()).endsWith("off");
  }

  @Test
  void moreInstallersThanRestartsInARowMayEachRestartTheGuest() throws Exception {
    windows.ends("agent.msi", 1641);
    install(Collections.nCopies(7, AGENT).toArray(WindowsCd.Content[]::new));
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(7);
    assertThat(windows.events()).endsWith("off");
  }

  @Test
  void updatesOfTheSystemShareTheirRestart() throws Exception {
    windows.ends("/Add-Package", 3010);
    install(
        ROLLUP,
        content(Kind.DOTNET, "KB7", "05\\dotnet.cab"),
        content(Kind.UPDATE, "KB8", "06\\other.cab"));
    assertThat(windows.events())
        .extracting(e -> e.split(" ", 2)[0])
        .containsExactly("dism.exe", "dism.exe", "dism.exe", "restart", "dism.exe", "off");
  }

  @Test
  void aRestartBeforeAPackageServesThoseBeforeItToo() throws Exception {
    windows.ends("rollup.cab", 3010);
    windows.ends("dotnet.cab", 0x80070bc9L, 0);
    install(ROLLUP, content(Kind.DOTNET, "KB7", "05\\dotnet.cab"));
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(1);
  }

  @Test
  void aSessionThatKeepsOthersOutWantsARestart() {
    windows.say("SessionsPending", "    Exclusive    REG_DWORD    0x3\r\n");
    assertThatThrownBy(() -> install(ROLLUP)).hasMessageContaining("(SessionsPending)");
  }

  @Test
  void aSessionOfTheNumberZeroIsNone() throws Exception {
    windows.say("SessionsPending", "    Exclusive    REG_DWORD    0x0\r\n");
    install(ROLLUP);
    assertThat(windows.events()).doesNotContain("restart");
  }

  @Test
  void filesThatAreReplacedAtEachStartDoNotRestartForEver() throws Exception {
    windows.inRegistry("PendingFileRenameOperations");
    install(DRIVER, AGENT);
    assertThat(windows.events()).filteredOn("restart"::equals).hasSize(1);
    assertThat(log).anyMatch(line -> line.contains("replaces files at each start"));
    assertThat(windows.events()).endsWith(CLEANUP, "off");
  }

  @ParameterizedTest
  @CsvSource({
    "-2146498530, 0x800f081e, does not apply",
    "0x80240017, 0x80240017, does not apply",
    "0x80070070, 0x80070070, Free some space",
    "0x800f0922, 0x800f0922, system partition is full",
    "0x80073712, 0x80073712, RestoreHealth",
    "0x800f0831, 0x800f0831, missing or damaged",
    "0x800f0823, 0x800f0823, newer servicing stack",
    "14098, 0x00003712, RestoreHealth",
    "0x12345678, 0x12345678, unknown to Regild",
    "259, 0x00000103, no device",
  })
  void aFailureNamesThePackageTheCodeAndTheRemedy(String code, String hex, String words) {
    windows.script("rollup.cab", new FakeAgent.Program(Long.decode(code), "Error: it broke\r\n"));
    windows.say("/Get-PackageInfo", "State : Not Present\r\n");
    windows.say("dism.log", "CBS: the reason\r\n");
    assertThatThrownBy(() -> install(ROLLUP))
        .isInstanceOf(GuestException.class)
        .hasMessageStartingWith("KB5035857 (package 1.0) can't be installed: dism.exe ended with ")
        .hasMessageContaining(hex)
        .hasMessageContaining(words)
        .hasMessageContaining("It said:\nError: it broke")
        .hasMessageEndingWith("\nFrom dism.log:\nCBS: the reason");
    assertThat(windows.events()).doesNotContain(CLEANUP, "off");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Installed", "Install Pending", "Superseded"})
  void anUpdateThatIsThereAlreadyIsNoFailure(String state) throws Exception {
    windows.ends("/Add-Package", 0x800f081eL);
    windows.say("/Get-PackageInfo", "Package Identity : x\r\nState : " + state + "\r\n");
    install(ROLLUP);
    assertThat(windows.events()).endsWith("off");
  }

  @Test
  void aWholeMsuThatDoesNotApplyIsThereIfTheBuildIs() throws Exception {
    windows.script("update.msu", FakeAgent.Program.LOST, FakeAgent.Program.ended(0x800f081eL));
    windows.say("NT\\CurrentVersion", version("0x1000"));
    install(whole("10.0.26100.4096"));
    assertThat(log).anyMatch(line -> line.contains("update.msu is already installed"));
    assertThat(windows.events()).endsWith("off").noneMatch(e -> e.contains("/Get-PackageInfo"));
  }

  @Test
  void aWholeMsuThatDoesNotApplyIsAFailureBelowItsBuild() {
    windows.ends("update.msu", 0x800f081eL);
    windows.say("NT\\CurrentVersion", version("0xfff"));
    assertThatThrownBy(() -> install(whole("10.0.26100.4096"))).hasMessageContaining("0x800f081e");
  }

  @Test
  void anAgentOfTheSameProductIsInstalledInThePlaceOfTheOld() throws Exception {
    windows.ends("/i D:\\04\\agent.msi /qn", 1638);
    windows.ends("REINSTALL=ALL", 3010);
    install(AGENT);
    assertThat(windows.events())
        .containsExactly(
            "msiexec.exe /i D:\\04\\agent.msi /qn /norestart" + MSI_LOG,
            "msiexec.exe /i D:\\04\\agent.msi REINSTALL=ALL REINSTALLMODE=vomus /qn /norestart"
                + MSI_LOG,
            "restart",
            CLEANUP,
            "off");
  }

  @Test
  void aCleanupThatTakesTooLongDoesNotFailTheUpdate() throws Exception {
    windows.script("/StartComponentCleanup", new FakeAgent.Program(null, ""));
    install(SHORT_TOOL, DRIVER);
    assertThat(log)
        .anyMatch(line -> line.matches(".*could not be cleaned: .*dism.exe did not end .*"));
    assertThat(windows.events())
        .endsWith(CLEANUP, "taskkill.exe /f /im dism.exe", "restart", "off");
  }

  @Test
  void aCleanupHasALimitOfItsOwn() {
    Duration start = Duration.ofMinutes(45);
    assertThat(WindowsLimits.of(start, Duration.ofHours(4)).cleanup()).hasMinutes(45);
    assertThat(WindowsLimits.of(start, Duration.ofMinutes(30)).cleanup()).hasMinutes(30);
  }

  @Test
  void theServicingStackThatAnUpdateBringsAlongMayBeOld() throws Exception {
    windows.ends("SSU-20348.2-x64.cab", 0x800f081eL);
    install(content(Kind.CUMULATIVE, "KB5", "01\\SSU-20348.2-x64.cab", "01\\rollup.cab"));
    assertThat(windows.events().get(1)).contains("D:\\01\\rollup.cab");
    assertThat(log).anyMatch(line -> line.contains("SSU-20348.2-x64.cab does not apply"));
  }

  @Test
  void noOrdinaryFileOfAnUpdateIsTakenForThereUnlessItIs() {
    windows.ends("first.cab", 0x800f081eL);
    windows.script("/Get-PackageInfo", new FakeAgent.Program(0L, "State : Not Present\r\n"));
    assertThatThrownBy(
            () -> install(content(Kind.CUMULATIVE, "KB5", "01\\first.cab", "01\\second.cab")))
        .hasMessageContaining("0x800f081e");
    assertThat(windows.events()).noneMatch(e -> e.contains("second.cab"));
  }

  @Test
  void theLogOfAnInstallerThatFailsIsShown() {
    windows.ends("agent.msi", 1603);
    windows.say("Return value 3", "Action ended: InstallFiles. Return value 3.\r\n");
    assertThatThrownBy(() -> install(AGENT))
        .hasMessageEndingWith(
            "From the Windows Installer's log:\nAction ended: InstallFiles. Return value 3.");
  }

  @Test
  void theLogOfADriverThatFailsIsShown() {
    windows.ends("netkvm.inf", 0xe0000247L);
    windows.say("setupapi.dev.log", "!!!  sto: Failed to import\r\n");
    assertThatThrownBy(() -> install(DRIVER))
        .hasMessageEndingWith("From setupapi.dev.log:\n!!!  sto: Failed to import");
  }

  @Test
  void theLogOfAnInstallerIsTakenAway() throws Exception {
    install(DRIVER, AGENT);
    assertThat(windows.questions())
        .filteredOn(question -> question.contains("Remove-Item"))
        .singleElement()
        .asString()
        .contains("Remove-Item -Force 'C:\\Windows\\Temp\\regild.log'");
  }

  @Test
  void anAgentThatDoesNotSeeTheRegistryIsAFailure() {
    windows.hidesItsRegistry();
    assertThatThrownBy(() -> install(DRIVER))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("does not see HKLM\\SOFTWARE")
        .hasMessageContaining("must run as LocalSystem, and be the 64-bit one");
    assertThat(windows.events()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1603, fatal error", "1638, another version", "1619, can't be opened"})
  void anAgentThatFailsIsAFailure(long code, String words) {
    windows.ends("agent.msi", code);
    assertThatThrownBy(() -> install(AGENT))
        .hasMessageContaining(code + ", 0x")
        .hasMessageContaining(words);
  }

  @Test
  void anInstallerThatFindsAnotherOneAtWorkIsRunAgain() throws Exception {
    windows.ends("agent.msi", 1618, 1618, 0);
    install(AGENT);
    assertThat(windows.events()).filteredOn(e -> e.startsWith("msiexec")).hasSize(3);
  }

  @Test
  void anInstallerThatStaysBusyIsAFailure() {
    windows.ends("agent.msi", 1618);
    assertThatThrownBy(() -> install(AGENT)).hasMessageContaining("another installation");
  }

  @Test
  void aDriverThatNoDeviceTakesIsInstalled() throws Exception {
    windows.ends("netkvm.inf", 259);
    install(DRIVER);
    assertThat(windows.events()).endsWith("off");
  }

  @Test
  void anInstallerThatRestartsTheGuestIsWaitedFor() throws Exception {
    windows.ends("agent.msi", 1641);
    install(AGENT);
    assertThat(windows.events().subList(1, 3)).containsExactly("restart", CLEANUP);
  }

  @Test
  void aPackageThatWantsARestartFirstGetsOne() throws Exception {
    windows.ends("rollup.cab", 0x800f0806L, 0);
    install(ROLLUP);
    assertThat(windows.events())
        .extracting(e -> e.split(" ", 2)[0])
        .containsExactly("dism.exe", "restart", "dism.exe", "dism.exe", "off");
  }

  @Test
  void aProgramThatTheAgentLostIsRunOnceMore() throws Exception {
    windows.script("agent.msi", FakeAgent.Program.LOST, FakeAgent.Program.ended(0));
    install(AGENT);
    assertThat(windows.events()).filteredOn(e -> e.startsWith("msiexec")).hasSize(2);
    windows.script("agent.msi", FakeAgent.Program.LOST);
  }

  @Test
  void aProgramThatTheAgentLosesAgainIsAFailure() {
    windows.script("agent.msi", FakeAgent.Program.LOST);
    assertThatThrownBy(() -> install(AGENT)).hasMessageContaining("its outcome is unknown");
  }

  @Test
  void anInstallerThatHangsIsAFailure() {
    windows.script("rollup.cab", new FakeAgent.Program(null, ""));
    assertThatThrownBy(() -> install(SHORT_TOOL, ROLLUP))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("dism.exe did not end in the guest within 1 s");
  }

  @Test
  void aStartWhoseWorkDoesNotEndIsAFailure() {
    windows.inRegistry("RebootInProgress");
    assertThatThrownBy(() -> install(SHORT_START, ROLLUP))
        .hasMessageContaining("did not finish starting within 1 s");
  }

  @Test
  void aCdThatIsNotThereIsAFailure() {
    windows.say("Win32_CDROMDrive", "");
    assertThatThrownBy(() -> install(ROLLUP)).hasMessageContaining("does not show the CD");
  }

  @Test
  void aCleanupThatFailsDoesNotFailTheUpdate() throws Exception {
    windows.ends("/StartComponentCleanup", 0x800f0806L);
    install(DRIVER);
    assertThat(log).anyMatch(line -> line.contains("could not be cleaned: 0x800f0806"));
    assertThat(windows.events()).endsWith("off");
  }

  @Test
  void thePowerButtonIsPressedWhereTheAgentDoesNotDo() throws Exception {
    windows.obeysAgent = false;
    install(SHORT_SHUTDOWN);
    assertThat(windows.events()).endsWith("power button", "off");
  }

  @Test
  void aGuestThatDoesNotShutDownIsAFailure() {
    windows.obeysAgent = false;
    windows.obeysButton = false;
    assertThatThrownBy(() -> install(SHORT_SHUTDOWN))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("did not shut down within 1 s");
  }

  private void install(WindowsCd.Content... contents) throws Exception {
    install(LIMITS, contents);
  }

  private void install(WindowsLimits limits, WindowsCd.Content... contents) throws Exception {
    WindowsCd cd = new WindowsCd(directory.resolve("cd.iso"), List.of(contents));
    WindowsGuest guest = new WindowsGuest(windows, limits, log::add);
    new WindowsInstallation(guest, cd, limits, log::add, progress::add).run();
  }

  private static WindowsCd.Content whole(String version) {
    return new WindowsCd.Content(
        new WindowsPackage(Kind.CUMULATIVE, "Windows", "amd64", version, "KB6", "update.msu"),
        List.of("01\\update.msu"));
  }

  private static String version(String revision) {
    return """
    HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion
        CurrentMajorVersionNumber    REG_DWORD    0xa
        CurrentMinorVersionNumber    REG_DWORD    0x0
        CurrentBuild    REG_SZ    26100
        UBR    REG_DWORD    %s
    """
        .formatted(revision);
  }

  private static WindowsCd.Content content(Kind kind, String kb, String... files) {
    return new WindowsCd.Content(
        new WindowsPackage(kind, "package", "amd64", "1.0", kb, files[0]), List.of(files));
  }
}
