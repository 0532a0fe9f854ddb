# Upgrades the guest by dnf's own API, from repositories that lie in our workspace. The guest's
# dnf.conf, its version lock and its modules hold as they do for "dnf upgrade"; its repositories and
# its other plugins, which may want a network, are left alone. Runs with the Python that dnf has.
#
# A file "only" limits it to the packages that are named there, and what they need.
#
# dnf-upgrade.py resolve   says what would be done, one fact a line, its words parted by tabs
# dnf-upgrade.py apply     does it, with the package files in the directory "packages"
# dnf-upgrade.py check     fails if a package that has one version at a time has two
import os
import sys

import dnf
import dnf.callback
import dnf.repo
import dnf.transaction

import rpm_snapshot
from rpm_snapshot import WORKSPACE, fail, say


def opened(available):
    base = dnf.Base()
    base.conf.read()
    base.conf.cachedir = WORKSPACE + '/cache'
    base.conf.logdir = WORKSPACE + '/log'
    os.makedirs(base.conf.logdir, exist_ok=True)
    base.init_plugins(disabled_glob=['*'], enable_plugins=['versionlock'])
    base.pre_configure_plugins()
    for repository in available.values():
        ours = dnf.repo.Repo(repository.id, base.conf)
        ours.name = repository.uri
        ours.baseurl = ['file://' + repository.root]
        # The host has verified the indexes, and each file by them.
        ours.gpgcheck = False
        ours.repo_gpgcheck = False
        ours.module_hotfixes = repository.hotfixes
        base.repos.add(ours)
    base.configure_plugins()
    base.fill_sack(load_available_repos=bool(available))
    for repository in available.values():
        for name, arch, evr in rpm_snapshot.left_out(repository):
            base.sack.add_excludes(base.sack.query().available().filterm(
                reponame=repository.id, name=name, arch=arch, evr=evr))
    return base


def resolved(available):
    """What is possible; where that is not all, without the rest, and why."""
    base = opened(available)
    try:
        ask(base)
        return base, ''
    except dnf.exceptions.DepsolveError as error:
        if not base.conf.best:
            raise
        base.reset(goal=True)
        base.conf.best = False
        ask(base)
        return base, ' '.join(str(error).split())


def ask(base):
    only = rpm_snapshot.wanted()
    if only is None:
        base.upgrade_all()
    else:
        upgrade_only(base, only)
    base.resolve()


def upgrade_only(base, only):
    """The packages of the plan at its versions, as far as locks and excludes let them be seen."""
    main = [base.conf.substitutions['basearch'], 'noarch']
    for name, arch, evr in only:
        found = base.sack.query().available().filterm(
            name=name, evr=evr, arch=main if arch in main else [arch])
        for package in found.run()[:1]:
            base.package_upgrade(package)


def resolve(available):
    base, problem = resolved(available)
    main = (base.conf.substitutions['basearch'], base.conf.substitutions['arch'], 'noarch')

    def name(package):
        return package.name if package.arch in main else package.name + ':' + package.arch

    # Some items only note why a package is there; those have no package.
    forward = sorted((item.pkg for item in base.transaction
                      if item.action in dnf.transaction.FORWARD_ACTIONS), key=name)
    replaced = {name(item.pkg): item.pkg.evr for item in base.transaction
                if item.action in (dnf.transaction.PKG_UPGRADED, dnf.transaction.PKG_DOWNGRADED)}
    gone = [item.pkg for item in base.transaction
            if item.action in (dnf.transaction.PKG_REMOVE, dnf.transaction.PKG_OBSOLETED)]
    obsoleting = {str(relation).split()[0]: name(package)
                  for package in forward for relation in package.obsoletes}
    names = set(package.name for package in forward)
    leaving = gone + [item.pkg for item in base.transaction
                      if item.action in (dnf.transaction.PKG_UPGRADED, dnf.transaction.PKG_DOWNGRADED)]
    grows = sum(each.installsize for each in forward) - sum(each.installsize for each in leaving)
    say('grows', str(max(0, grows)))
    for package in forward:
        repository = available[package.reponame]
        say('download', repository.address(package.location),
            repository.file_name(package.location))
        say('install', name(package), replaced.get(name(package), ''), package.evr)
    for package in gone:
        by_hand = False
        if package.name in obsoleting:
            why = 'replaced by ' + obsoleting[package.name]
        elif package.name in names:
            why = 'more than installonly_limit'
        else:
            why = ''
            by_hand = package.reason == 'user'
        say('remove', name(package), package.evr, 'by-hand' if by_hand else 'automatic', why)
    if problem:
        say('problem', problem)
    say('end')


class Progress(dnf.callback.TransactionProgress):
    def progress(self, package, action, ti_done, ti_total, ts_done, ts_total):
        say('progress', ts_done or 0, ts_total or 0)

    def error(self, message):
        sys.stderr.write(str(message) + '\n')


def apply(available):
    base, _ = resolved(available)
    for package in base.transaction.install_set:
        rpm_snapshot.put_in_place(available[package.reponame], package.location)
    base.do_transaction(display=Progress())
    say('end')


def check(_):
    base = opened({})
    installed = base.sack.query().installed()
    many = installed.filter(provides=base.conf.installonlypkgs)
    twice = sorted(str(package) for package in installed.duplicated().difference(many))
    if twice:
        fail('installed more than once: ' + ', '.join(twice))


def main(mode):
    rpm_snapshot.forget_processes()
    try:
        {'resolve': resolve, 'apply': apply, 'check': check}[mode](
            {} if mode == 'check' else rpm_snapshot.repositories())
    except dnf.exceptions.Error as error:
        fail('dnf: %s' % error)


main(sys.argv[1])
