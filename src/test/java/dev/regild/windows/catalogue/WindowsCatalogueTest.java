package dev.regild.windows.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.InstalledKb;
import dev.regild.plan.WindowsFacts.Program;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import dev.regild.windows.registry.WindowsVersion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WindowsCatalogueTest {
  private static final String NIC = "PCI\\VEN_1AF4&DEV_1041";
  private static final String CODE = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";
  private static final Channel CHANNEL =
      new Channel("w", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64")));

  private final List<InstalledPackage> packages = new ArrayList<>();
  private final List<InstalledKb> updates = new ArrayList<>();
  private final List<Driver> drivers = new ArrayList<>();
  private final List<String> devices = new ArrayList<>();
  private final List<String> computers = new ArrayList<>();
  private final List<Program> programs = new ArrayList<>();
  private final List<CatalogueEntry> entries = new ArrayList<>();
  private String build = "20348.2031";

  @Test
  void theNewestCumulativeUpdateBringsTheSystemToItsBuild() {
    cumulative("KB5000001", "20348.2227", true);
    cumulative("KB5000002", "20348.2340", false);
    cumulative("KB5000003", "17763.9000", true);
    Change change = onlyChange();
    assertThat(change.name()).isEqualTo("Windows");
    assertThat(change.kind()).isEqualTo(ChangeKind.OS);
    assertThat(change.from()).isEqualTo("10.0.20348.2031");
    assertThat(change.to()).isEqualTo("10.0.20348.2340");
    assertThat(change.security()).isTrue();
    assertThat(change.advisories())
        .extracting(a -> a.id())
        .containsExactly("KB5000001", "KB5000002");
    build = "20348.2340";
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void whatAnUpdateSaysOfSecurityProblemsIsPartOfThePlan() {
    cumulative("KB5000001", "20348.2227", true);
    CatalogueEntry plain = entries.removeFirst();
    add(plain.facts().withWords(SecurityWords.of("Critical", "Fixes cve-2026-10001.")));
    cumulative("KB5000002", "20348.2340", true);
    assertThat(onlyChange().advisories())
        .containsExactly(
            new Advisory("KB5000001", "security", "Critical", List.of("CVE-2026-10001")),
            new Advisory("KB5000002", "security", "", List.of()));
  }

  @Test
  void buildsThatShareTheirServicingTakeEachOthersUpdates() {
    build = "19045.3000";
    cumulative("KB5000001", "19041.4170", true);
    assertThat(onlyChange().to()).isEqualTo("10.0.19045.4170");
    build = "22000.3000";
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void anImageOfAnotherArchitectureIsOfferedNothing() {
    cumulative("KB5000001", "20348.2340", true);
    WindowsFacts facts = facts();
    List<InstalledPackage> arm =
        List.of(new InstalledPackage("Windows", "arm64", "10.0.20348.2031", false));
    assertThat(
            Planner.plan(arm, catalogue().availableTo(arm, facts, false), CHANNEL.planRules())
                .isEmpty())
        .isTrue();
  }

  @Test
  void aServicingStackCountsOnlyIfItIsNewer() {
    update(Kind.SERVICING_STACK, "Package_for_ServicingStack", "20348.2334.1.0");
    installed("Package_for_ServicingStack", "20348.2200.1.0");
    assertThat(onlyChange().to()).isEqualTo("20348.2334.1.0");
    packages.clear();
    installed("Package_for_ServicingStack", "20348.2400.1.0");
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void aRollupOfDotNetGoesByItsName() {
    update(Kind.DOTNET, "Package_for_DotNetRollup_481", "10.0.9214.3");
    assertThat(plan().changes()).isEmpty();
    update(Kind.DOTNET, "Package_for_DotNetRollup", "10.0.4690.2");
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup");
    assertThat(onlyChange().from()).isEmpty();
    installed("Package_for_DotNetRollup_481", "10.0.9000.1");
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup_481");
  }

  @Test
  void theFirstRollupOfDotNetIsThatOfTheDotNetThatCameWithTheBuild() {
    build = "22631.3000";
    update(Kind.DOTNET, "Package_for_DotNetRollup", "10.0.4690.2", "22621");
    assertThat(plan().changes()).isEmpty();
    update(Kind.DOTNET, "Package_for_DotNetRollup_481", "10.0.9214.3", "22621");
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup_481");
    updates.add(superseded("Package_for_DotNetRollup", "10.0.9999.1"));
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup_481");
    updates.add(superseded("Package_for_DotNetRollup_481", "10.0.9999.1"));
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void aServicingStackThatWasSupersededUnderItsOwnRevisionIsNotAdded() {
    update(Kind.SERVICING_STACK, "Package_for_ServicingStack", "20348.2334.1.0");
    assertThat(onlyChange().from()).isEmpty();
    updates.add(superseded("Package_for_ServicingStack_2334", "20348.2334.1.0"));
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void whatMendsSecurityComesWithItsServicingStack() {
    add(stack("20348.2334.1.0"));
    assertThat(plan(true).changes()).isEmpty();
    cumulative("KB5000001", "20348.2340", false);
    assertThat(plan(true).changes()).isEmpty();
    cumulative("KB5000002", "20348.2402", true);
    assertThat(plan(true).changes())
        .extracting(Change::name)
        .containsExactly("Package_for_ServicingStack", "Windows");
    build = "20348.2402";
    assertThat(plan(true).changes()).isEmpty();
    installed("Package_for_ServicingStack", "20348.2200.1.0");
    assertThat(plan(true).changes()).isEmpty();
    assertThat(onlyChange().name()).isEqualTo("Package_for_ServicingStack");
  }

  @Test
  void anyOtherUpdateIsAddedUnlessItIsThereOrWasSuperseded() {
    update(Kind.UPDATE, "Package_for_KB5012170", "20348.880.1.1");
    assertThat(onlyChange().from()).isEmpty();
    updates.add(superseded("Package_for_KB5012170", "20348.880.1.1"));
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void aDriverIsUpgradedByItsInfAndTheNewestDateWins() {
    driver("netkvm.inf", "2023-01-01 200.0", NIC);
    driver("netkvm.inf", "2024-01-01 100.0", NIC);
    installed("netkvm.inf", "2022-01-01 300.0");
    drivers.add(new Driver("netkvm.inf", "Maker", "Net", "2022-01-01 300.0", List.of(NIC)));
    devices.add(NIC);
    assertThat(onlyChange().to()).isEqualTo("2024-01-01 100.0");
    assertThat(onlyChange().kind()).isEqualTo(ChangeKind.DRIVER);
    assertThat(onlyChange().from()).isEqualTo("2022-01-01 300.0");
  }

  @Test
  void aDeviceWithoutADriverGetsOneAndOtherDriversStayOut() {
    driver("netkvm.inf", "2024-01-01 100.0", NIC);
    driver("other.inf", "2024-01-01 100.0", "PCI\\VEN_0000");
    assertThat(plan().changes()).isEmpty();
    devices.add(NIC);
    assertThat(onlyChange().name()).isEqualTo("netkvm.inf");
    assertThat(onlyChange().from()).isEmpty();
    drivers.add(new Driver("vendor.inf", "Maker", "Net", "2025-01-01 1.0", List.of(NIC)));
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void anInfOfTheSameNameForOtherDevicesIsAnotherDriver() {
    driver("netkvm.inf", "2024-01-01 100.0", NIC);
    installed("netkvm.inf", "2022-01-01 1.0");
    drivers.add(new Driver("netkvm.inf", "Other", "Net", "2022-01-01 1.0", List.of("USB\\X")));
    assertThat(plan().changes()).isEmpty();
    drivers.add(new Driver("netkvm.inf", "Maker", "Net", "2022-01-01 1.0", List.of(NIC)));
    assertThat(onlyChange().to()).isEqualTo("2024-01-01 100.0");
  }

  @Test
  void anAgentIsUpgradedByItsUpgradeCodeAndNeverBroughtIn() {
    agent("Example Agent", "2.4.1");
    agent("Example Agent", "2.10.0");
    assertThat(plan().changes()).isEmpty();
    program("Example Agent", "2.3.0", CODE);
    assertThat(onlyChange().to()).isEqualTo("2.10.0");
    assertThat(onlyChange().kind()).isEqualTo(ChangeKind.AGENT);
  }

  @Test
  void anAgentWithItsVersionInItsNameIsNewUnderItsNewName() {
    agent("Example Agent 3", "3.0");
    program("Example Agent 2", "2.3.0", CODE);
    assertThat(onlyChange().name()).isEqualTo("Example Agent 3");
    assertThat(onlyChange().from()).isEmpty();
    programs.clear();
    packages.clear();
    program("Example Agent 4", "4.0", CODE);
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void anAgentThatIsRenamedIsNotUpgradedUnderItsOldNameAsWell() {
    agent("Example Agent 2", "2.4");
    agent("Example Agent 3", "3.0");
    program("Example Agent 2", "2.3.0", CODE);
    assertThat(onlyChange().name()).isEqualTo("Example Agent 3");
  }

  @Test
  void agentsOfOneNameAreUpgradedEachForItsOwnArchitecture() throws Exception {
    add(agent("Example Agent", "2.4", "amd64", List.of()));
    add(agent("Example Agent", "2.5", "x86", List.of()));
    program("Example Agent", "2.3", "x86", CODE);
    assertThat(onlyChange())
        .extracting(Change::architecture, Change::from, Change::to)
        .containsExactly("x86", "2.3", "2.5");
    assertThat(installs(plan()))
        .extracting(WindowsPackage::architecture, WindowsPackage::fileName)
        .containsExactly(tuple("x86", "file-1"));
    program("Example Agent", "2.3", "amd64", CODE);
    assertThat(plan().changes())
        .extracting(Change::architecture, Change::to)
        .containsExactly(tuple("amd64", "2.4"), tuple("x86", "2.5"));
    assertThat(installs(plan()))
        .extracting(WindowsPackage::architecture)
        .containsExactly("amd64", "x86");
    assertThat(entries.get(0).supersededBy(entries)).isEmpty();
  }

  @Test
  void anAgentForEveryArchitectureTakesThePlaceOfAny() {
    add(agent("Example Agent", "2.4", "neutral", List.of()));
    program("Example Agent", "2.3", "x86", CODE);
    assertThat(onlyChange().to()).isEqualTo("2.4");
  }

  @Test
  void onlyAnAgentThatIsInstalledAtItsVersionMustRunItsServices() {
    add(agent("Example Agent", "2.4", "amd64", List.of("old")));
    add(agent("Example Agent", "3.0", "amd64", List.of("new", "helper")));
    add(agent("Example Agent", "3.0", "x86", List.of("small")));
    List<InstalledPackage> there =
        List.of(new InstalledPackage("Example Agent", "amd64", "3.0.0", false));
    assertThat(catalogue().agentServices(there)).containsExactlyInAnyOrder("new", "helper");
    assertThat(catalogue().agentServices(List.of())).isEmpty();
  }

  /** What an update leaves behind, by its own plan, is what its plan promised. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aPlanIsMetByWhatItInstalls(Kind kind) throws Exception {
    switch (kind) {
      case SERVICING_STACK -> add(stack("20348.2334.1.0"));
      case CUMULATIVE -> cumulative("KB5000002", "20348.2340", true);
      case DOTNET -> update(kind, "Package_for_DotNetRollup", "10.0.4690.2");
      case UPDATE -> update(kind, "Package_for_KB5012170", "20348.880.1.1");
      case DRIVER -> driver("netkvm.inf", "2024-01-01 100.0", NIC);
      case AGENT -> agent("Example Agent 3", "3.0");
    }
    devices.add(NIC);
    program("Example Agent 2", "2.3.0", CODE);
    UpdatePlan plan = plan();
    WindowsPackage installed = installs(plan).getFirst();
    assertThat(installed.kind()).isEqualTo(kind);
    assertThat(plan.unmet(inventory(), WindowsVersion.FAMILY)).isNotEmpty();
    switch (kind) {
      case SERVICING_STACK, DOTNET, UPDATE -> installed(installed.name(), installed.version());
      case CUMULATIVE -> build = installed.version().substring("10.0.".length());
      case DRIVER -> {
        installed(installed.name(), installed.version());
        drivers.add(new Driver(installed.name(), "", "", installed.version(), List.of(NIC)));
      }
      case AGENT -> {
        packages.clear();
        programs.clear();
        program(installed.name(), installed.version(), CODE);
      }
    }
    assertThat(plan.unmet(inventory(), WindowsVersion.FAMILY)).isEmpty();
    assertThat(plan().changes()).isEmpty();
  }

  @Test
  void whatAPlanInstallsIsInTheOrderOfInstallationWithItsFiles() throws Exception {
    agent("Example Agent", "2.4.1");
    driver("netkvm.inf", "2024-01-01 100.0", NIC);
    cumulative("KB5000002", "20348.2340", true);
    update(Kind.SERVICING_STACK, "Package_for_ServicingStack", "20348.2334.1.0");
    program("Example Agent", "2.3.0", CODE);
    devices.add(NIC);
    var files = catalogue().packagesFor(plan(), facts(), Path.of("/snapshot"));
    assertThat(files.keySet())
        .extracting(WindowsPackage::kind)
        .containsExactly(Kind.SERVICING_STACK, Kind.CUMULATIVE, Kind.DRIVER, Kind.AGENT);
    assertThat(files.keySet().stream().skip(1).findFirst().orElseThrow())
        .extracting(WindowsPackage::name, WindowsPackage::version, WindowsPackage::kb)
        .containsExactly("Windows", "10.0.20348.2340", "KB5000002");
    assertThat(files.firstEntry().getValue().getFirst().uri())
        .hasToString("file:///snapshot/file-3");
    UpdatePlan foreign =
        new UpdatePlan(List.of(new Change(ChangeKind.OS, "Windows", "amd64", "", "1")));
    assertThatThrownBy(() -> catalogue().packagesFor(foreign, facts(), Path.of("/snapshot")))
        .hasMessageContaining("no package that updates Windows to 1");
  }

  @Test
  void aCheckpointComesWithTheUpdateThatBuildsOnItUnlessItIsInstalled() throws Exception {
    build = "26100.1000";
    cumulative("KB5043080", "26100.1742", true);
    entries.set(0, entries.getFirst().asCheckpoint(true));
    cumulative("KB5043999", "26100.2000", true);
    cumulative("KB5083769", "26100.8246", true);
    assertThat(targetFiles()).containsExactly("file-2", "file-0");
    updates.add(new InstalledKb("identity", "KB5043080", "SUPERSEDED"));
    assertThat(targetFiles()).containsExactly("file-2");
  }

  /** A server says which checkpoints an update builds on. */
  @Test
  void aServersCheckpointIsLeftOutIfItIsInstalled() throws Exception {
    build = "26100.1000";
    cumulative("KB5083769", "26100.8246", true);
    PackageFacts target = entries.removeLast().facts();
    WindowsCatalogue served = serving(target, Map.of("KB5043080", 2, "KB5050000", 3));

    assertThat(targetFiles(served)).containsExactlyInAnyOrder("1.cab", "2.cab", "3.cab");
    updates.add(new InstalledKb("identity", "KB5043080", "SUPERSEDED"));
    assertThat(targetFiles(served)).containsExactly("1.cab", "3.cab");
    updates.add(new InstalledKb("identity", "KB5050000", "STAGED"));
    assertThat(targetFiles(served)).as("it is not installed yet").hasSize(2);
  }

  @Test
  void anAddedCheckpointLiesBesideAServersUpdateUnlessTheServerHasIt() throws Exception {
    build = "26100.1000";
    cumulative("KB5043080", "26100.1742", true);
    entries.set(0, entries.getFirst().asCheckpoint(true));
    cumulative("KB5083769", "26100.8246", true);
    PackageFacts target = entries.removeLast().facts();

    assertThat(targetFiles(serving(target, Map.of("KB5050000", 3))))
        .containsExactly("1.cab", "3.cab", "file-0");
    assertThat(targetFiles(serving(target, Map.of("KB5043080", 2))))
        .containsExactly("1.cab", "2.cab");
  }

  /** A catalogue whose server has an update, and the checkpoints that it builds on. */
  private WindowsCatalogue serving(PackageFacts target, Map<String, Integer> checkpoints) {
    OfferedUpdate update = offered(target, 1);
    List<OfferedUpdate.Checkpoint> beside = new ArrayList<>();
    checkpoints.forEach((kb, number) ->
        beside.add(new OfferedUpdate.Checkpoint(kb, offered(target, number).file())));
    OfferedUpdate onCheckpoints =
        new OfferedUpdate(
            update.id(), update.title(), "", "", target, false, update.file(), beside, List.of());
    return new WindowsCatalogue(
        entries,
        "amd64",
        new OfferedUpdates("https://wsus.example", "", List.of(onCheckpoints)),
        Route.DEFAULT);
  }

  private List<String> targetFiles() throws Exception {
    return targetFiles(catalogue());
  }

  private List<String> targetFiles(WindowsCatalogue catalogue) throws Exception {
    UpdatePlan wanted =
        Planner.plan(
            inventory(),
            catalogue.availableTo(inventory(), facts(), false),
            CHANNEL.planRules(catalogue.agents()));
    var files = catalogue.packagesFor(wanted, facts(), Path.of("/snapshot"));
    assertThat(files.firstEntry().getKey().beside())
        .isEqualTo(
            files.firstEntry().getValue().stream().skip(1).map(PackageFile::fileName).toList());
    return files.firstEntry().getValue().stream().map(PackageFile::fileName).toList();
  }

  @Test
  void aServersUpdateIsOfferedOnceBesideTheAddedOne() throws Exception {
    cumulative("KB5000001", "20348.2227", true);
    OfferedUpdates offered =
        new OfferedUpdates(
            "https://wsus.example",
            "",
            List.of(
                offered(entries.getFirst().facts(), 7),
                offered(entries.getFirst().facts().withResultingBuild("20348.2340"), 8)));
    Route route = new Route(Route.DIRECT, "/etc/company.pem");
    WindowsCatalogue both = new WindowsCatalogue(entries, "amd64", offered, route);
    assertThat(both.size()).isEqualTo(2);
    UpdatePlan plan =
        Planner.plan(
            inventory(),
            both.availableTo(inventory(), facts(), false),
            CHANNEL.planRules(both.agents()));
    PackageFile file =
        both.packagesFor(plan, facts(), Path.of("/snapshot")).firstEntry().getValue().getFirst();
    assertThat(file.uris())
        .extracting(String::valueOf)
        .containsExactly(
            "https://wsus.example/Content/8.cab", "http://download.windowsupdate.com/8.cab");
    assertThat(file.stays()).isTrue();
    assertThat(file.route().authority()).isEqualTo("/etc/company.pem");
    assertThat(file.othersRoute()).isEqualTo(new Route(Route.DIRECT, ""));
  }

  private static OfferedUpdate offered(PackageFacts facts, int number) {
    String sha256 = "%064x".formatted(100 + number);
    return new OfferedUpdate(
        "id." + number,
        "title",
        "",
        "",
        facts,
        true,
        new OfferedFile(
            number + ".cab",
            1,
            sha256,
            "",
            List.of(
                "https://wsus.example/Content/%d.cab".formatted(number),
                "http://download.windowsupdate.com/%d.cab".formatted(number))),
        List.of(),
        List.of());
  }

  @Test
  void aSupersededPackageSaysByWhich() {
    cumulative("KB5000001", "20348.2227", true);
    cumulative("KB5000002", "20348.2340", true);
    cumulative("KB5000003", "17763.9000", true);
    assertThat(entries.get(0).supersededBy(entries)).contains(entries.get(1));
    assertThat(entries.get(1).supersededBy(entries)).isEmpty();
    assertThat(entries.get(2).supersededBy(entries)).isEmpty();
  }

  private void cumulative(String kb, String result, boolean security) {
    String base = result.substring(0, 5);
    add(
        PackageFacts.ofUpdate(
            Kind.CUMULATIVE,
            "Package_for_RollupFix",
            result + ".1.10",
            "amd64",
            kb,
            List.of(base),
            result,
            security,
            SecurityWords.NONE));
  }

  private void update(Kind kind, String name, String version) {
    update(kind, name, version, "20348");
  }

  private void update(Kind kind, String name, String version, String base) {
    add(
        PackageFacts.ofUpdate(
            kind,
            name,
            version,
            "amd64",
            "KB5000009",
            List.of(base),
            "",
            true,
            SecurityWords.NONE));
  }

  /** A servicing stack that mends nothing itself. */
  private static PackageFacts stack(String version) {
    return PackageFacts.ofUpdate(
        Kind.SERVICING_STACK,
        "Package_for_ServicingStack",
        version,
        "amd64",
        "KB5000008",
        List.of("20348"),
        "",
        false,
        SecurityWords.NONE);
  }

  private static InstalledKb superseded(String name, String version) {
    return new InstalledKb(
        "%s~31bf3856ad364e35~amd64~~%s".formatted(name, version), "", "SUPERSEDED");
  }

  private void driver(String inf, String version, String hardwareId) {
    add(PackageFacts.ofDriver(inf, version, "amd64", List.of(hardwareId)));
  }

  @Test
  void aDriverForCertainComputersIsOfferedToImagesThatHaveStartedOnOne() throws Exception {
    String computer = "3962b55f-f768-58cb-9ca2-b5d61a1fdbae";
    driver("net.inf", "2026-01-02 1.0", "PCI\\NIC");
    PackageFacts any = entries.removeFirst().facts();
    add(any.withComputers(List.of(computer)));
    devices.add("PCI\\NIC");

    assertThat(plan().changes()).isEmpty();
    computers.add("another");
    assertThat(plan().changes()).isEmpty();
    computers.add(computer);
    assertThat(onlyChange().name()).isEqualTo("net.inf");
    assertThat(installs(plan())).hasSize(1);

    driver("net.inf", "2025-01-02 1.0", "PCI\\NIC");
    assertThat(entries.getLast().supersededBy(entries)).as("on other computers").isEmpty();
    driver("net.inf", "2027-01-02 1.0", "PCI\\NIC");
    assertThat(entries.getFirst().supersededBy(entries)).contains(entries.getLast());
  }

  private void agent(String name, String version) {
    add(agent(name, version, "amd64", List.of()));
  }

  private static PackageFacts agent(
      String name, String version, String architecture, List<String> services) {
    return PackageFacts.ofAgent(name, version, architecture, CODE, services);
  }

  private void add(PackageFacts facts) {
    String file = "file-" + entries.size();
    entries.add(new CatalogueEntry(facts, file, 1, "%064x".formatted(entries.size())));
  }

  private void installed(String name, String version) {
    packages.add(new InstalledPackage(name, "amd64", version, false));
  }

  private void program(String name, String version, String upgradeCode) {
    program(name, version, "amd64", upgradeCode);
  }

  private void program(String name, String version, String architecture, String upgradeCode) {
    packages.add(new InstalledPackage(name, architecture, version, false));
    programs.add(new Program(name, version, architecture, "", upgradeCode));
  }

  private WindowsCatalogue catalogue() {
    return new WindowsCatalogue(entries, "amd64");
  }

  private WindowsFacts facts() {
    return new WindowsFacts(
        "ServerDatacenter",
        "21H2",
        build,
        updates,
        drivers,
        devices,
        programs,
        List.of(),
        List.of(),
        computers);
  }

  private List<InstalledPackage> inventory() {
    List<InstalledPackage> all = new ArrayList<>(packages);
    all.add(new InstalledPackage(WindowsFacts.SYSTEM, "amd64", "10.0." + build, false));
    return all;
  }

  private UpdatePlan plan() {
    return plan(false);
  }

  private UpdatePlan plan(boolean securityOnly) {
    return Planner.plan(
        inventory(),
        catalogue().availableTo(inventory(), facts(), securityOnly),
        CHANNEL.planRules(catalogue().agents()));
  }

  private List<WindowsPackage> installs(UpdatePlan plan) throws ChannelException {
    return List.copyOf(catalogue().packagesFor(plan, facts(), Path.of("/snapshot")).keySet());
  }

  private Change onlyChange() {
    UpdatePlan plan = plan();
    assertThat(plan.changes()).hasSize(1);
    return plan.changes().getFirst();
  }
}
