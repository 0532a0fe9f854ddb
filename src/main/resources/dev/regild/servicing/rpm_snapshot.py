# What dnf and yum have in common: the snapshot's repositories, laid out in our workspace, and the
# facts that are said to the host, one a line, their words parted by tabs. For Python 2.7 and 3.
import glob
import hashlib
import os
import posixpath
import re
import sys

WORKSPACE = '/run/regild'
SNAPSHOT = WORKSPACE + '/snapshot'
REPOSITORIES = WORKSPACE + '/repositories'
PACKAGES = WORKSPACE + '/packages'
ONLY = WORKSPACE + '/only'
LEFT_OUT = SNAPSHOT + '/left-out'

# A location may lead out of its repository by "..", as Amazon's do. Its root lies so deep that it
# never leads out of the directory that the repository has here; the host lets none lead further.
DEPTH = 31

# Where the packages lie that a repository has elsewhere, by xml:base.
ELSEWHERE = 'elsewhere'

LOCATION = re.compile(b'<location\\b[^>]*>')
ATTRIBUTE = re.compile(b'([\\w:]+)\\s*=\\s*(?:"([^"]*)"|\'([^\']*)\')')
ENTITIES = (('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&apos;', "'"), ('&amp;', '&'))
CHUNK = 1 << 20


def encoded(word):
    """In UTF-8 whatever the locale: Python 2, and 3.6 in the locale C, would fail on a letter."""
    if isinstance(word, bytes):
        return word
    text = word if isinstance(word, type(u'')) else str(word)
    return text if isinstance(text, bytes) else text.encode('utf-8', 'replace')


def say(*words):
    sys.stdout.flush()
    out = getattr(sys.stdout, 'buffer', sys.stdout)
    out.write(b'\t'.join(encoded(word) for word in words) + b'\n')
    out.flush()


def fail(message):
    """Ends with what is said of it."""
    sys.stderr.flush()
    err = getattr(sys.stderr, 'buffer', sys.stderr)
    err.write(encoded(message) + b'\n')
    err.flush()
    sys.exit(1)


class Repository:
    """One repository of the snapshot, laid out below our workspace as dnf expects it."""

    def __init__(self, number, uri):
        self.number = number
        self.uri = uri
        self.directory = '%s/%d' % (REPOSITORIES, number)
        self.root = self.directory + '/root' * DEPTH
        # As "dnf config-manager --add-repo" names it; dnf's history will show the name.
        self.id = re.sub('[^-_.:A-Za-z0-9]', '_', uri.split('://', 1)[-1].strip('/'))
        self.indexes = []
        self.hotfixes = False
        # The addresses of packages elsewhere, by what our index has as their locations.
        self.addresses = {}

    def lay_out(self):
        repodata = self.root + '/repodata'
        addresses = repodata + '/addresses'
        if os.path.isdir(repodata):
            if os.path.exists(addresses):
                with open(addresses) as lines:
                    self.addresses = dict(line.rstrip('\n').split('\t') for line in lines)
            return
        os.makedirs(repodata)
        with open(repodata + '/repomd.xml', 'w') as repomd:
            repomd.write('<?xml version="1.0" encoding="UTF-8"?>\n'
                         '<repomd xmlns="http://linux.duke.edu/metadata/repo">\n')
            for kind, name, sha256, size in self.indexes:
                suffix = '.yaml' if kind == 'modules' else '.xml'
                source, target = SNAPSHOT + '/' + name, repodata + '/' + kind + suffix
                if kind == 'primary' and holds(source, b'xml:base'):
                    sha256, size = self.brought_home(source, target)
                else:
                    os.symlink(source, target)
                repomd.write('<data type="%s"><checksum type="sha256">%s</checksum>'
                             '<location href="repodata/%s%s"/><size>%s</size></data>\n'
                             % (kind, sha256, kind, suffix, size))
            repomd.write('</repomd>\n')
        if self.addresses:
            with open(addresses, 'w') as lines:
                lines.writelines('%s\t%s\n' % each for each in self.addresses.items())

    def brought_home(self, source, target):
        """Copies an index in which all packages lie below the root: what is elsewhere has no
        network here. Returns its SHA-256 and size."""
        sha256, size = hashlib.sha256(), 0
        with open(source, 'rb') as old, open(target, 'wb') as new:
            text = b''
            while True:
                more = old.read(CHUNK)
                text += more
                # What begins and does not end yet waits for more.
                end = text.rfind(b'<') if more else len(text)
                end = end if end >= 0 else len(text)
                done, text = LOCATION.sub(self.home, text[:end]), text[end:]
                new.write(done)
                sha256.update(done)
                size += len(done)
                if not more:
                    return sha256.hexdigest(), size

    def home(self, tag):
        attributes = dict((name, one or other) for name, one, other in ATTRIBUTE.findall(tag.group()))
        base = unescaped(attributes.get(b'xml:base', b''))
        href = unescaped(attributes.get(b'href', b''))
        if not base:
            return tag.group()
        location = '%s/%d/%s' % (ELSEWHERE, len(self.addresses), posixpath.basename(href))
        start = base if re.match('[A-Za-z][A-Za-z0-9+.-]*://', base) else self.uri + '/' + base
        self.addresses[location] = start.rstrip('/') + '/' + href
        closed = b'/>' if tag.group().endswith(b'/>') else b'>'
        return b'<location href="' + escaped(location).encode('utf-8') + b'"' + closed

    def address(self, location):
        """The name that the host has for the file of a package."""
        return self.addresses.get(location) or self.uri + '/' + location

    def file_name(self, location):
        """Ours, and no other's: packages in two directories may have one name."""
        text = location if isinstance(location, bytes) else location.encode('utf-8')
        return '%d-%s-%s' % (self.number, hashlib.sha256(text).hexdigest()[:12],
                             posixpath.basename(location))


def holds(path, wanted):
    with open(path, 'rb') as file:
        before = b''
        while True:
            text = file.read(CHUNK)
            if wanted in before + text:
                return True
            if not text:
                return False
            before = text[-len(wanted):]


def unescaped(text):
    text = text.decode('utf-8')
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return text


def escaped(text):
    for entity, character in reversed(ENTITIES):
        text = text.replace(character, entity)
    return text


def forget_processes():
    """Removes what a Berkeley DB has noted of the processes that use it. They ended with the machine
    that the disk was copied from, and rpm would wait for their locks."""
    for path in glob.glob('/var/lib/rpm/__db.*'):
        os.remove(path)


def repositories():
    found = {}
    with open(SNAPSHOT + '/repositories') as lines:
        for line in lines:
            uri, kind, name, sha256, size = line.rstrip('\n').split('\t')
            repository = found.setdefault(uri, Repository(len(found), uri))
            if kind == 'module_hotfixes':
                repository.hotfixes = True
            else:
                repository.indexes.append((kind, name, sha256, size))
    by_id = {}
    for repository in found.values():
        repository.lay_out()
        while repository.id in by_id:
            repository.id += '_'
        by_id[repository.id] = repository
    return by_id


def left_out(repository):
    """Name, architecture and version of each package of a repository that can't be used."""
    if not os.path.exists(LEFT_OUT):
        return []
    with open(LEFT_OUT) as lines:
        each = [line.rstrip('\n').split('\t') for line in lines]
    return [words[1:] for words in each if words[0] == repository.uri]


def wanted():
    """Name, architecture and version of what a limited update may upgrade; None if it is not."""
    if not os.path.exists(ONLY):
        return None
    with open(ONLY) as lines:
        return [line.rstrip('\n').split('\t') for line in lines]


def put_in_place(repository, location):
    """Makes a file of the directory "packages" the one that the repository names."""
    place = posixpath.normpath(repository.root + '/' + location)
    if not place.startswith(repository.directory + '/'):
        fail('%s lies outside of its repository' % location)
    if not os.path.isdir(posixpath.dirname(place)):
        os.makedirs(posixpath.dirname(place))
    os.symlink(PACKAGES + '/' + repository.file_name(location), place)
