package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.InstalledUpdate;
import dev.regild.plan.WindowsFacts.Program;
import dev.regild.plan.WindowsPackage;
import dev.regild.plan.WindowsPackage.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowsCatalogueTest {
  private static final String NIC = "PCI\\VEN_1AF4&DEV_1041";
  private static final String CODE = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";
  private static final Channel CHANNEL =
      new Channel("w", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64")));

  private final List<InstalledPackage> packages = new ArrayList<>();
  private final List<InstalledUpdate> updates = new ArrayList<>();
  private final List<Driver> drivers = new ArrayList<>();
  private final List<String> devices = new ArrayList<>();
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
    update(Kind.DOTNET, "Package_for_DotNetRollup", "10.0.4690.2");
    update(Kind.DOTNET, "Package_for_DotNetRollup_481", "10.0.9214.3");
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup");
    assertThat(onlyChange().from()).isEmpty();
    installed("Package_for_DotNetRollup_481", "10.0.9000.1");
    assertThat(onlyChange().name()).isEqualTo("Package_for_DotNetRollup_481");
  }

  @Test
  void anyOtherUpdateIsAddedUnlessItIsThereOrWasSuperseded() {
    update(Kind.UPDATE, "Package_for_KB5012170", "20348.880.1.1");
    assertThat(onlyChange().from()).isEmpty();
    updates.add(
        new InstalledUpdate(
            "Package_for_KB5012170~31bf3856ad364e35~amd64~~20348.880.1.1", "", "SUPERSEDED"));
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
    assertThat(files.firstEntry().getValue().uri()).hasToString("file:///snapshot/file-3");
    UpdatePlan foreign =
        new UpdatePlan(List.of(new Change(ChangeKind.OS, "Windows", "amd64", "", "1")));
    assertThatThrownBy(() -> catalogue().packagesFor(foreign, facts(), Path.of("/snapshot")))
        .hasMessageContaining("nothing that brings Windows to 1");
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
        new PackageFacts(
            Kind.CUMULATIVE,
            "Package_for_RollupFix",
            result + ".1.10",
            "amd64",
            kb,
            List.of(base),
            result,
            security,
            List.of(),
            ""));
  }

  private void update(Kind kind, String name, String version) {
    add(
        new PackageFacts(
            kind, name, version, "amd64", "KB5000009", List.of("20348"), "", true, List.of(), ""));
  }

  private void driver(String inf, String version, String hardwareId) {
    add(
        new PackageFacts(
            Kind.DRIVER, inf, version, "amd64", "", List.of(), "", false, List.of(hardwareId), ""));
  }

  private void agent(String name, String version) {
    add(
        new PackageFacts(
            Kind.AGENT, name, version, "amd64", "", List.of(), "", false, List.of(), CODE));
  }

  private void add(PackageFacts facts) {
    String file = "file-" + entries.size();
    entries.add(new CatalogueEntry(facts, file, 1, "%064x".formatted(entries.size())));
  }

  private void installed(String name, String version) {
    packages.add(new InstalledPackage(name, "amd64", version, false));
  }

  private void program(String name, String version, String upgradeCode) {
    installed(name, version);
    programs.add(new Program(name, version, "amd64", "", upgradeCode));
  }

  private WindowsCatalogue catalogue() {
    return new WindowsCatalogue(entries, "amd64");
  }

  private WindowsFacts facts() {
    return new WindowsFacts(
        "ServerDatacenter", "21H2", build, updates, drivers, devices, programs, List.of());
  }

  private UpdatePlan plan() {
    List<InstalledPackage> all = new ArrayList<>(packages);
    all.add(new InstalledPackage(WindowsFacts.SYSTEM, "amd64", "10.0." + build, false));
    return Planner.plan(
        all, catalogue().availableTo(all, facts(), false), CHANNEL.planRules(catalogue().agents()));
  }

  private Change onlyChange() {
    UpdatePlan plan = plan();
    assertThat(plan.changes()).hasSize(1);
    return plan.changes().getFirst();
  }
}
