"""Builds the roots and starts scenes in them."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

NAME = "origin.static-test.example"
HERE = pathlib.Path(__file__).parent
SUITE = "trixie"
CONFIGURATION = f"""\
server: {{address: 127.0.0.1, port: 8080}}
buckets:
  - name: files
    path_prefix: /files
    s3:
      bucket: files
      region: us-east-1
      endpoint: https://{NAME}:9443
      access_key: static-test-access
      secret_key: static-test-secret
"""


def make_certificates(folder):
    """Leaves ca.pem, and origin.pem (certificate and key) signed by it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=static test CA")
    openssl("req", *key, "-keyout", "origin.key", "-out", "origin.csr", "-subj", f"/CN={NAME}")
    (folder / "origin.ext").write_text(f"subjectAltName=DNS:{NAME}\n")
    openssl(
        "x509", "-req", "-in", "origin.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "origin.ext", "-out", "origin.crt")
    (folder / "origin.pem").write_text((folder / "origin.crt").read_text() + (folder / "origin.key").read_text())


def furnish(root, binary, folder):
    """Puts into a root what every scene needs: /proc's mount point, a CA bundle, the binary and its configuration."""
    (root / "proc").mkdir(exist_ok=True)
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "ca.pem", bundle)
    shutil.copy(binary, root / "yatagarasu")
    (root / "config.yaml").write_text(CONFIGURATION)
    return root


def debian_archive():
    """A newer Debian than this binary was linked on, with a name service module that glibc loads; made once and cached."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "yatagarasu"
    archive = cache / f"{SUITE}-nss.tar"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = cache / f"{SUITE}-nss.{os.getpid()}.tar"
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--include=libnss-myhostname", SUITE, fresh],
            check=True, stdin=subprocess.DEVNULL)
        fresh.rename(archive)
    return archive


def make_debian_root(root):
    with tarfile.open(debian_archive()) as archive:
        members = [member for member in archive if not member.isdev() and not member.name.startswith("./dev/")]
        archive.extractall(root, members=members)
    (root / "etc/nsswitch.conf").write_text("hosts: files myhostname dns\n")
    (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    return root


def play(root, folder, trace=False):
    """Runs stage.py in new network, mount and process namespaces; what it starts ends with it."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    command += [sys.executable, HERE / "stage.py", "--root", root, "--folder", folder, "--name", NAME]
    if trace:
        command.append("--trace")
    outcome = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)
