# Upgrades the guest by yum's command line, from repositories that lie in our workspace; to the host
# it is what dnf-upgrade.py is. The guest's yum.conf and its version lock hold; its repositories and
# its other plugins are left alone. For Python 2.7, which yum has, and 3.
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import rpm_snapshot
from rpm_snapshot import WORKSPACE, fail, say

try:
    from configparser import RawConfigParser
except ImportError:
    from ConfigParser import RawConfigParser

OWN = '/etc/yum.conf'
LOCK = '/etc/yum/pluginconf.d/versionlock.conf'
SETTINGS = WORKSPACE + '/yum'
CONFIGURATION = SETTINGS + '/yum.conf'
LENIENT = SETTINGS + '/lenient.conf'
REPOS = SETTINGS + '/repos'
PLUGINS = SETTINGS + '/plugins'
ARCHITECTURE = os.uname()[4]
INSTALLED = '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n'


def configure(available):
    for directory in (SETTINGS, REPOS, PLUGINS):
        if not os.path.isdir(directory):
            os.mkdir(directory)
    main = RawConfigParser()
    main.read(OWN)
    if not main.has_section('main'):
        main.add_section('main')
    # The host has verified the indexes, and each file by them. A plugin without a file in
    # pluginconfpath is not loaded.
    for key, value in (('cachedir', WORKSPACE + '/cache'), ('logfile', WORKSPACE + '/yum.log'),
                       ('reposdir', REPOS), ('plugins', '1'), ('pluginconfpath', PLUGINS),
                       ('gpgcheck', '0'), ('repo_gpgcheck', '0')):
        main.set('main', key, value)
    with open(CONFIGURATION, 'w') as file:
        main.write(file)
    # For what is possible where not all is; yum passes over what it doesn't know, dnf obeys it.
    main.set('main', 'best', '0')
    with open(LENIENT, 'w') as file:
        main.write(file)
    if os.path.exists(LOCK) and not os.path.exists(PLUGINS + '/versionlock.conf'):
        os.symlink(LOCK, PLUGINS + '/versionlock.conf')
    with open(REPOS + '/snapshot.repo', 'w') as file:
        for repository in available.values():
            file.write('[%s]\nname=%s\nbaseurl=file://%s\nenabled=1\ngpgcheck=0\n'
                       % (repository.id, repository.uri, repository.root))
            odd = rpm_snapshot.left_out(repository)
            if odd:
                file.write('exclude=%s\n' % ' '.join(
                    '%s-%s.%s' % (name, evr, arch) for name, arch, evr in odd))


def command(*options):
    only = rpm_snapshot.wanted()
    what = ['upgrade'] if only is None else ['upgrade-to'] + [
        '%s-%s.%s' % (name, evr, arch) for name, arch, evr in only]
    configuration = LENIENT if '--skip-broken' in options else CONFIGURATION
    return ['yum', '-c', configuration] + list(options) + what


def asked(*options):
    yum = subprocess.Popen(command('--assumeno', *options), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    output, errors = (text.decode('utf-8', 'replace') for text in yum.communicate())
    if '\nTransaction Summary\n' in output:
        return output
    if yum.returncode and not re.search('No packages marked|Nothing to do', output + errors):
        raise Failed(output[-2000:] + errors[-2000:])
    return ''


class Failed(Exception):
    pass


def possible():
    """What is possible, with the options for that; where that is not all, why."""
    try:
        return asked(), '', []
    except Failed as failed:
        try:
            return asked('--skip-broken'), ' '.join(failed.args[0].split()), ['--skip-broken']
        except Failed as still:
            fail('yum: ' + still.args[0])


def transaction(output):
    """Section, name, architecture, version and repository of each line of yum's table.

    What is too wide for its column goes on in the next line, so words count and not lines: the
    four above, a size and mostly its unit. "replacing" says what an installed package obsoletes.
    """
    rules = 0
    section, words, found = '', [], []
    for line in output.split('\nTransaction Summary\n')[0].splitlines():
        if line.startswith('====='):
            rules += 1
        elif rules == 2 and re.match('[A-Z].*:$', line):
            section, words = line[:-1], []
        elif rules == 2:
            line = line.split()
            if line[:1] == ['replacing'] and len(line) == 3 and not words:
                name, arch = line[1].rsplit('.', 1)
                found.append(('Removing', name, arch, line[2], 'replaced by ' + found[-1][1]
                              if found else ''))
                continue
            words += [word for word in line if word not in ('k', 'M', 'G', 'T')]
            while len(words) >= 5:
                found.append(tuple([section] + words[:4]))
                words = words[5:]
    if words:
        fail('yum: its table is not of the known form: ' + ' '.join(words)[:200])
    return found


def locations(available, wanted):
    """Where each wanted name, architecture and version of a repository lies in it."""
    common = '{http://linux.duke.edu/metadata/common}'
    found = {}
    for repository in available.values():
        for kind, _, _, _ in repository.indexes:
            if kind != 'primary':
                continue
            for _, element in ElementTree.iterparse(repository.root + '/repodata/primary.xml'):
                if element.tag != common + 'package':
                    continue
                version = element.find(common + 'version')
                epoch = version.get('epoch') or '0'
                evr = '%s%s-%s' % ('' if epoch == '0' else epoch + ':', version.get('ver'),
                                   version.get('rel'))
                key = (element.find(common + 'name').text, element.find(common + 'arch').text,
                       evr, repository.id)
                if key in wanted:
                    found[key] = element.find(common + 'location').get('href')
                element.clear()
    return found


# Of the table's sections those that install; what is skipped has sections, too.
FORWARD = ('Installing', 'Updating', 'Upgrading', 'Downgrading', 'Reinstalling')


def shown(name, arch):
    return name if arch in (ARCHITECTURE, 'noarch') else name + ':' + arch


def rpm(*arguments):
    return subprocess.check_output(['rpm'] + list(arguments)).decode('utf-8', 'replace')


def resolve():
    available = rpm_snapshot.repositories()
    configure(available)
    output, problem, options = possible()
    found = transaction(output)
    forward = [each for each in found if each[0].startswith(FORWARD)]
    places = locations(available, set(each[1:] for each in forward))
    before = dict(((name, arch), evr) for name, arch, evr in (
        line.split('\t') for line in rpm('-qa', '--qf', INSTALLED).splitlines()))
    chosen = []
    for section, name, arch, evr, repository_id in sorted(forward):
        location = places.get((name, arch, evr, repository_id))
        if location is None:
            fail('yum: %s-%s.%s of %s is in no index' % (name, evr, arch, repository_id))
        repository = available[repository_id]
        say('download', repository.address(location), repository.file_name(location))
        replaces = section.startswith(('Updating', 'Upgrading', 'Downgrading'))
        say('install', shown(name, arch), before.get((name, arch), '') if replaces else '', evr)
        chosen.append('%s\t%s\n' % (repository_id, location))
    with open(WORKSPACE + '/chosen', 'w') as lines:
        lines.writelines(chosen)
    with open(WORKSPACE + '/options', 'w') as lines:
        lines.write(' '.join(options))
    names = set(each[1] for each in forward)
    for section, name, arch, evr, by in found:
        if section.startswith('Removing'):
            replaced = by.startswith('replaced by ')
            why = by if replaced else 'more than installonly_limit' if name in names else ''
            say('remove', shown(name, arch), evr, 'automatic', why)
    if problem:
        say('problem', problem[:1000])
    say('end')


def apply():
    available = rpm_snapshot.repositories()
    with open(WORKSPACE + '/chosen') as lines:
        chosen = lines.readlines()
    with open(WORKSPACE + '/options') as line:
        options = line.read().split()
    if chosen:
        for line in chosen:
            repository_id, location = line.rstrip('\n').split('\t')
            rpm_snapshot.put_in_place(available[repository_id], location)
        yum = subprocess.call(command('-y', *options), stdout=sys.stderr)
        if yum:
            fail('yum ended with %d' % yum)
    say('end')


def check():
    seen, twice = set(), set()
    for line in rpm('-qa', '--qf', '%{NAME}.%{ARCH}\t[%{PROVIDES} ]\n').splitlines():
        package, provides = line.split('\t')
        # As yum's default of installonlypkgs.
        if not re.match('(kernel|gpg-pubkey)[-.]', package) and 'installonlypkg(' not in provides:
            (twice if package in seen else seen).add(package)
    if twice:
        fail('installed more than once: ' + ', '.join(sorted(twice)))


rpm_snapshot.forget_processes()
{'resolve': resolve, 'apply': apply, 'check': check}[sys.argv[1]]()
