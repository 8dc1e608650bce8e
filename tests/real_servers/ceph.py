"""A Ceph Object Gateway (Debian's packages) on loopback: one monitor, one OSD that keeps everything in memory."""

from __future__ import annotations

from base64 import b64encode
from secrets import token_bytes, token_hex
from uuid import uuid4

from tests.real_servers.processes import Server, accepts, free_port

CONFIGURATION = """[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2}/0,v1:127.0.0.1:{v1}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
keyring = {folder}/keyring
auth allow insecure global id reclaim = false
run dir = {folder}
admin socket = {folder}/$name.asok
pid file =
log file =
log to stderr = true
crash dir = {folder}
osd objectstore = memstore
memstore device bytes = 1G
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon osd full ratio = .98
mon data avail crit = 1
mon data avail warn = 1
mon data = {folder}/mon
osd data = {folder}/osd
osd op num shards = 2
rgw data = {folder}/rgw
rgw enable usage log = false
rgw enable ops log = false
rgw thread pool size = 8
rgw lc debug interval = -1
rgw bucket quota ttl = 0
rgw user quota bucket sync interval = 0
"""


class Ceph(Server):
    """Users: ``owner``, who makes the buckets, and ``guest``, who has what a bucket policy gives."""

    programs = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool", "ceph-authtool")
    packages = "ceph-mon ceph-osd radosgw ceph-common"
    region = "us-east-1"

    def start(self) -> None:
        folder, v1, v2, self.port = self.folder, free_port(), free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.secrets: dict[str, tuple[str, str]] = {}
        self.oracle_secrets: dict[str, tuple[str, str]] = {}
        fsid, configuration = str(uuid4()), folder / "ceph.conf"
        configuration.write_text(CONFIGURATION.format(fsid=fsid, v1=v1, v2=v2, folder=folder))
        self.conf = ("-c", str(configuration))
        for each in ("mon", "osd", "rgw"):
            (folder / each).mkdir()
        keyring = str(folder / "keyring")
        everything = [part for each in ("mon", "osd", "mds", "mgr") for part in ("--cap", each, "allow *")]
        self.run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self.run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *everything)
        address = f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]"
        self.run("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, str(folder / "monmap"))
        self.run("ceph-mon", *self.conf, "-i", "a", "--mkfs", "--monmap", str(folder / "monmap"), "--keyring", keyring)
        self.spawn("mon", "ceph-mon", *self.conf, "-i", "a", "-f")
        self.wait_for("Ceph's monitor", lambda: accepts(v2))
        uuid = str(uuid4())
        self.run("ceph", *self.conf, "--connect-timeout", "60", "osd", "new", uuid)
        grants = ("mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd")
        self.run("ceph", *self.conf, "auth", "get-or-create", "osd.0", *grants, "-o", str(folder / "osd-keyring"))
        osd = ("ceph-osd", *self.conf, "-i", "0", "--keyring", str(folder / "osd-keyring"))
        self.run(*osd, "--mkfs", "--osd-uuid", uuid)
        self.spawn("osd", *osd, "-f")
        gateway = ("-n", "client.admin", f"--rgw-frontends=beast endpoint=127.0.0.1:{self.port}")
        self.spawn("rgw", "radosgw", *self.conf, "-f", *gateway)
        self.wait_for("Ceph's gateway", lambda: accepts(self.port))
        for name in ("owner", "guest"):
            self.user(name)

    def user(self, name: str) -> None:
        access, secret = f"AKIA{token_hex(8).upper()}", token_hex(20)
        oracle, customer_secret = token_hex(20), b64encode(token_bytes(32)).decode()
        self.secrets[name], self.oracle_secrets[name] = (access, secret), (oracle, customer_secret)
        uid = f"--uid={name}"
        self.admin("user", "create", uid, f"--display-name={name}", f"--access-key={access}", f"--secret-key={secret}")
        self.admin("key", "create", uid, "--key-type=s3", f"--access-key={oracle}", f"--secret-key={customer_secret}")

    def keys(self, user: str, kind: str = "") -> tuple[str, str]:
        """Access key and secret, in the form that Planet's ``kind`` takes."""
        return (self.oracle_secrets if kind == "oracle_cloud_storage" else self.secrets)[user]

    def admin(self, *command: str) -> str:
        return self.run("radosgw-admin", *self.conf, "-n", "client.admin", *command)
