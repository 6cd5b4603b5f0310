"""Two hundred object names that break careless programs, and what the origins themselves cannot store."""

import urllib.parse
import zlib

# Left as they are in the minimal spelling of a path (RFC 3986 pchar and "/"); everything else must be percent-encoded.
PATH_CHARACTERS = "/!$&'()*+,;=:@-._~"

_LONE = [
    "plain", "Case", "case", "UPPER.TXT", "a b", "a  b", " leading space", "trailing space ", "a+b", "a%2Bb",
    "+", "a%20b", "%", "%%", "%2F", "%2f", "a%2Fb", "a%5Cb", "%41", "%zz", "%C3%28", "%00", "%252e",
    "%252e%252e/x", "%2e%2e/x", "%2e.", "a%", "...", "....", ".hidden", "..a", "a..", "a..b", "dots/.../x",
    "dots/..b", "dots/a../b", "dots/.x.", "a.b.c", "tail.", "/leading/slash", "double//slash",
    "many///slashes", "deep/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "space/ /x", "plus/+/x", "ü", "u\u0308", "ß",
    "日本語/ファイル.txt", "한국어", "العربية", "עברית", "Ελληνικά",
    "ไทย", "🦅", "👩‍👩‍👧‍👦", "a\u00a0b", "a\u200bb", "a\u2028b", "\ufeffmark",
    "\u202eoverride", "\u0001control", "tab\there", "line\nbreak", "carriage\rreturn", "\u007fdelete",
    "a\u0085b", "\U0010ffff", "ﷺ", "q?x=y", "?", "??", "h#x", "#", "a&b=c", "&amp;", "&#x41;", "<tag>",
    "</Error>", "]]>", "'", '"', "it's", '"quoted"', "`tick`", "' OR 1=1--", "1; DROP TABLE x",
    "UNION SELECT", "$(reboot)", "${HOME}", "{a,b}", "back\\slash", "win\\C:\\x", "semi;colon",
    "matrix;a=1;b=2", "co:lon", "https:/x/y", "mailto:a@b", "a=b", "tilde~", "*", "star*star", "[bracket]",
    "pipe|pipe", "caret^caret", "<x", ">", ",", "!", "@", "()", "health", "metrics", "ready", "admin/reload",
    "index.html", "null", "undefined", "NaN", "-", "--", "_", "0", "-1", "1e9", "con", "aux.txt",
    "robots.txt", "favicon.ico", "a.tar.gz", "x-amz-meta-x", "versionId=1", "uploads", "acl", "?versioning",
    "list-type=2", "x/" + "l" * 255, "/".join(["n" * 99] * 9), "/".join(["日" * 33] * 9),
    "o" * 250 + "/" + "p" * 250 + "/" + "q" * 250,
]
_EVERYWHERE = "%+ ?#&=;:,@!$'()*[]{}|^`~\"\\<>.-_üé日🦅\t"


def _names():
    names = list(dict.fromkeys(_LONE))
    for character in _EVERYWHERE:
        names.append(f"set/{ord(character):x}/{character}begin/mid{character}dle/end{character}x")
    for number in range(200 - len(names)):
        names.append(f"pairs/{number}/%{number:02x}/{chr(0x100 + number)}+{number:o} {chr(0x4e00 + number)}")
    return names


KEYS = _names()

# Legal names that the origins cannot keep, being file systems at heart. What the proxy asks for is still checked.
UNSTORABLE = {
    "folder/": "both: an object with a trailing slash becomes a folder, its bytes are lost",
    "folder//": "both: likewise, and the slashes are merged",
    "backslash\\": "SeaweedFS: a backslash is taken for a slash, so this is a folder",
    "l" * 900: "SeaweedFS: no part between slashes may exceed 255 bytes",
}


def full(key):
    """Every byte but "/" and the unreserved ones percent-encoded."""
    return urllib.parse.quote(key, safe="/-._~")


def minimal(key):
    """Only what a path may not hold percent-encoded."""
    return urllib.parse.quote(key, safe=PATH_CHARACTERS)


def content(key):
    """The object's bytes: other ones, and another number of them, for each key."""
    seed = zlib.crc32(key.encode())
    line = key.encode() + seed.to_bytes(4, "big") + bytes(range(256))
    return (line * (1 + 20_000 // len(line)))[: seed % 20_000]
