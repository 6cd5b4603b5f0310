"""The two real S3 origins. Both verify signatures, so a wrongly signed request cannot pass."""

import json
import pathlib

import boto3
import botocore.exceptions
from botocore.config import Config

from .evidence import EVIDENCE
from .ports import free_port, wait_until
from .program import Program, tool


class Origin:
    """A real S3 server on loopback with one pair of keys. Subclasses know how to start it."""

    name = ""
    keeps_versions = False
    grace = 20    # seconds between SIGTERM and SIGKILL

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.access_key = f"AKID{self.name.upper()}"
        self.secret_key = EVIDENCE.new_secret(f"origin-{self.name}")
        self._ports = {}
        self._program = None

    def port_for(self, role):
        """A port that stays the same over a restart."""
        return self._ports.setdefault(role, free_port())

    def launch(self):
        raise NotImplementedError

    def start(self):
        self._program = self.launch()
        wait_until(self._answers, 60, f"{self.name} answers signed requests")
        return self

    def _answers(self):
        if self._program.exit_code is not None:
            raise AssertionError(self._program.last_words())
        try:
            self.s3(retries=0).list_buckets()
            return True
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            return False

    def stop(self):
        self._program.stop(self.grace)

    def pause(self):
        """Stalls the server: the kernel still accepts connections, nobody answers."""
        self._program.pause()

    def resume(self):
        self._program.resume()

    def s3(self, retries=3):
        """A boto3 client straight to the origin."""
        return boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.port}", region_name="us-east-1",
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key,
            config=Config(
                s3={"addressing_style": "path"}, retries={"max_attempts": retries}, connect_timeout=2, read_timeout=60,
                max_pool_connections=20, request_checksum_calculation="when_required",
                response_checksum_validation="when_required"))


class SeaweedFS(Origin):
    name = "seaweedfs"
    keeps_versions = True
    grace = 0.5    # by itself it takes 15 s

    def launch(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        identities = self.folder / "s3.json"
        identities.write_text(json.dumps({"identities": [{
            "name": "interop", "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}))
        return Program(self.name, [
            tool("weed"), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", "-filer", "-s3",
            f"-master.port={self.port_for('master')}", f"-master.port.grpc={self.port_for('master-grpc')}",
            f"-volume.port={self.port_for('volume')}", f"-volume.port.grpc={self.port_for('volume-grpc')}",
            f"-filer.port={self.port_for('filer')}", f"-filer.port.grpc={self.port_for('filer-grpc')}",
            "-master.volumeSizeLimitMB=1024", "-volume.max=60", "-volume.preStopSeconds=0", f"-s3.port={self.port}",
            f"-s3.port.grpc={self.port_for('s3-grpc')}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            f"-s3.config={identities}"], self.folder)


class JuiceFS(Origin):
    """The JuiceFS gateway: MinIO's server code over a file system."""

    name = "juicefs"

    def launch(self):
        database = f"sqlite3://{self.folder}/meta.db"
        if not (self.folder / "meta.db").exists():
            made = Program("juicefs-format", [
                tool("juicefs"), "format", "--no-agent", "--storage", "file", "--bucket", f"{self.folder}/blob/",
                database, "interop"], self.folder)
            if made.wait(30) != 0:
                raise AssertionError(made.last_words())
        return Program(self.name, [
            tool("juicefs"), "gateway", "--no-agent", "--no-banner", "--multi-buckets", "--keep-etag", "--object-meta",
            "--log", f"{self.folder}/gateway.log", "--cache-dir", f"{self.folder}/cache",
            "--metrics", f"127.0.0.1:{self.port_for('metrics')}", database, f"127.0.0.1:{self.port}"],
            self.folder, env={"MINIO_ROOT_USER": self.access_key, "MINIO_ROOT_PASSWORD": self.secret_key})


ORIGINS = {kind.name: kind for kind in (SeaweedFS, JuiceFS)}
