"""OpenStack Swift with the S3 API (Debian's packages) on loopback: one device, one replica, tempauth."""

from __future__ import annotations

import getpass
from http.client import HTTPConnection
from secrets import token_hex

from tests.real_servers.processes import Server, accepts, free_port

COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
workers = 0
log_address = {folder}/no-syslog
"""

PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy container-quotas slo dlo versioned_writes symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:gatekeeper]
use = egg:swift#gatekeeper

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:bulk]
use = egg:swift#bulk

[filter:s3api]
use = egg:swift#s3api
s3_acl = {s3_acl}
location = {region}
auth_pipeline_check = false

[filter:tempauth]
use = egg:swift#tempauth
{users}

[filter:copy]
use = egg:swift#copy

[filter:container-quotas]
use = egg:swift#container_quotas

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true

[filter:symlink]
use = egg:swift#symlink
"""

BACKEND = """
[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
"""


class Swift(Server):
    """Users: ``owner`` (administrator of the account) and ``guest``, who has what a container's ACL gives."""

    programs = ("swift-proxy-server", "swift-account-server", "swift-container-server", "swift-object-server", "swift-ring-builder", "memcached")  # fmt: skip
    packages = "swift swift-proxy swift-account swift-container swift-object memcached"
    region = "us-east-1"

    def start(self) -> None:
        self.secrets = {"owner": token_hex(16), "guest": token_hex(16)}
        port, memcached = free_port(), free_port()
        ports = {kind: free_port() for kind in ("account", "container", "object")}
        self.port, self.endpoint = port, f"http://127.0.0.1:{port}"
        (self.folder / "devices" / "d1").mkdir(parents=True)
        (self.folder / "swift.conf").write_text(
            f"[swift-hash]\nswift_hash_path_suffix = {token_hex(8)}\nswift_hash_path_prefix = {token_hex(8)}\n"
            "[storage-policy:0]\nname = only\ndefault = yes\n"
        )
        common = {"folder": self.folder, "user": getpass.getuser()}
        for kind, its in ports.items():
            builder = str(self.folder / f"{kind}.builder")
            self.run("swift-ring-builder", builder, "create", "2", "1", "0")
            self.run("swift-ring-builder", builder, "add", f"r1z1-127.0.0.1:{its}/d1", "1")
            self.run("swift-ring-builder", builder, "rebalance")
            self.configure(kind, COMMON.format(port=its, **common) + BACKEND.format(kind=kind))
        users = "\n".join(
            f"user_test_{name} = {secret}{' .admin' if name == 'owner' else ''}" for name, secret in self.secrets.items()
        )
        proxy = PROXY.format(memcached=memcached, s3_acl="false", region=self.region, users=users)
        self.configure("proxy", COMMON.format(port=port, **common) + proxy)
        self.spawn(
            "memcached", "memcached", "-l", "127.0.0.1", "-p", str(memcached), "-u", common["user"], "-m", "16", "-t", "1"
        )
        for kind in (*ports, "proxy"):
            self.spawn(kind, f"swift-{kind}-server", str(self.folder / f"{kind}.conf"), "-v")
        for each in (memcached, *ports.values(), port):
            self.wait_for("Swift", lambda each=each: accepts(each))
        self.native("GET", "/auth/v1.0")

    def configure(self, kind: str, text: str) -> None:
        (self.folder / f"{kind}.conf").write_text(text)

    def keys(self, user: str) -> tuple[str, str]:
        return f"test:{user}", self.secrets[user]

    def native(self, method: str, path: str, headers: dict[str, str] | None = None) -> dict[str, str]:
        """A request of Swift's own API, as the account's administrator; gives the answer's headers in lower case."""
        sent = {"X-Auth-User": "test:owner", "X-Auth-Key": self.secrets["owner"], "Content-Length": "0"}
        if not path.startswith("/auth"):
            sent = {"X-Auth-Token": self.native("GET", "/auth/v1.0")["x-auth-token"], "Content-Length": "0", **(headers or {})}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=sent)
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status}\n{self.logs()}")
            return {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def container(self, bucket: str, **headers: str) -> None:
        """Set headers of the container itself, such as its ACL or quota."""
        self.native("POST", f"/v1/AUTH_test/{bucket}", {name.replace("_", "-"): value for name, value in headers.items()})
