# What dnf and yum have in common: the snapshot's repositories, laid out in our workspace, and the
# facts that are said to the host, one a line, their words parted by tabs. For Python 2.7 and 3.
import os
import posixpath
import re
import sys

WORKSPACE = '/run/regild'
SNAPSHOT = WORKSPACE + '/snapshot'
REPOSITORIES = WORKSPACE + '/repositories'
PACKAGES = WORKSPACE + '/packages'
ONLY = WORKSPACE + '/only'


def say(*words):
    sys.stdout.write('\t'.join(str(word) for word in words) + '\n')
    sys.stdout.flush()


class Repository:
    """One repository of the snapshot, laid out below our workspace as dnf expects it."""

    def __init__(self, number, uri):
        self.number = number
        self.uri = uri
        self.root = '%s/%d' % (REPOSITORIES, number)
        # As "dnf config-manager --add-repo" names it; dnf's history will show the name.
        self.id = re.sub('[^-_.:A-Za-z0-9]', '_', uri.split('://', 1)[-1].strip('/'))
        self.indexes = []

    def lay_out(self):
        repodata = self.root + '/repodata'
        if os.path.isdir(repodata):
            return
        os.makedirs(repodata)
        with open(repodata + '/repomd.xml', 'w') as repomd:
            repomd.write('<?xml version="1.0" encoding="UTF-8"?>\n'
                         '<repomd xmlns="http://linux.duke.edu/metadata/repo">\n')
            for kind, name, sha256, size in self.indexes:
                suffix = '.yaml' if kind == 'modules' else '.xml'
                os.symlink(SNAPSHOT + '/' + name, repodata + '/' + kind + suffix)
                repomd.write('<data type="%s"><checksum type="sha256">%s</checksum>'
                             '<location href="repodata/%s%s"/><size>%s</size></data>\n'
                             % (kind, sha256, kind, suffix, size))
            repomd.write('</repomd>\n')

    def file_name(self, location):
        return '%d-%s' % (self.number, posixpath.basename(location))


def repositories():
    found = {}
    with open(SNAPSHOT + '/repositories') as lines:
        for line in lines:
            uri, kind, name, sha256, size = line.rstrip('\n').split('\t')
            repository = found.setdefault(uri, Repository(len(found), uri))
            repository.indexes.append((kind, name, sha256, size))
    by_id = {}
    for repository in found.values():
        repository.lay_out()
        while repository.id in by_id:
            repository.id += '_'
        by_id[repository.id] = repository
    return by_id


def wanted():
    """Name, architecture and version of what a limited update may upgrade; None if it is not."""
    if not os.path.exists(ONLY):
        return None
    with open(ONLY) as lines:
        return [line.rstrip('\n').split('\t') for line in lines]


def put_in_place(repository, location):
    """Makes a file of the directory "packages" the one that the repository names."""
    place = posixpath.normpath(repository.root + '/' + location)
    if not place.startswith(repository.root + '/'):
        sys.exit('%s lies outside of its repository' % location)
    if not os.path.isdir(posixpath.dirname(place)):
        os.makedirs(posixpath.dirname(place))
    os.symlink(PACKAGES + '/' + repository.file_name(location), place)
