"""The plain scripts that a user would write instead: the yardsticks. Each is run as a process of its own."""

S3_ONE = """
import boto3, json, sys
p = json.load(open(sys.argv[1]))["parameters"]
s3 = boto3.client("s3", region_name=p["aws_region"], endpoint_url=sys.argv[2] or None, aws_access_key_id=p["aws_access_key_id"], aws_secret_access_key=p["aws_secret_access_key"])
s3.put_object(Bucket=p["bucket"], Key="planetverify.txt", Body=b"x" * 60)
s3.delete_object(Bucket=p["bucket"], Key="planetverify.txt")
"""

GCS_ONE = """
import base64, json, sys
from google.cloud import storage
from google.oauth2 import service_account
p = json.load(open(sys.argv[1]))["parameters"]
credentials = service_account.Credentials.from_service_account_info(json.loads(base64.b64decode(p["credentials"])))
client = storage.Client(project="p", credentials=credentials, client_options={"api_endpoint": sys.argv[2]})
blob = client.bucket(p["bucket"]).blob("planetverify.txt")
blob.upload_from_string(b"x" * 60)
blob.delete()
"""

AZURE_ONE = """
import json, sys
from azure.core.credentials import AzureSasCredential
from azure.storage.blob import ContainerClient
p = json.load(open(sys.argv[1]))["parameters"]
container = ContainerClient(sys.argv[2], p["container"], credential=AzureSasCredential(p["sas_token"]), api_version="2023-11-03")
container.upload_blob("planetverify.txt", b"x" * 60)
container.delete_blob("planetverify.txt")
"""

MANY = """
import base64, json, sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
sources, endpoints, lock = json.load(open(sys.argv[1])), json.loads(sys.argv[2]), Lock()
types = {each["type"] for each in sources}
if "amazon_s3" in types:
    import boto3
    session = boto3.Session()
if "google_cloud_storage" in types:
    from google.cloud import storage
    from google.oauth2 import service_account
if "azure_blob_storage" in types:
    from azure.core.credentials import AzureSasCredential
    from azure.storage.blob import BlobServiceClient
@cache
def google(credentials):
    key = service_account.Credentials.from_service_account_info(json.loads(base64.b64decode(credentials)))
    return storage.Client(project="p", credentials=key, client_options={"api_endpoint": endpoints["google_cloud_storage"]})
@cache
def azure(token):
    return BlobServiceClient(endpoints["azure_blob_storage"], credential=AzureSasCredential(token), api_version="2023-11-03")
def one(destination):
    type_, p = destination["type"], destination["parameters"]
    if type_ == "amazon_s3":
        with lock:
            s3 = session.client("s3", region_name=p["aws_region"], endpoint_url=endpoints[type_], aws_access_key_id=p["aws_access_key_id"], aws_secret_access_key=p["aws_secret_access_key"])
        s3.put_object(Bucket=p["bucket"], Key="planetverify.txt", Body=b"x" * 60)
        s3.delete_object(Bucket=p["bucket"], Key="planetverify.txt")
    elif type_ == "google_cloud_storage":
        with lock:
            client = google(p["credentials"])
        blob = client.bucket(p["bucket"]).blob("planetverify.txt")
        blob.upload_from_string(b"x" * 60)
        blob.delete()
    else:
        with lock:
            client = azure(p["sas_token"])
        container = client.get_container_client(p["container"])
        container.upload_blob("planetverify.txt", b"x" * 60)
        container.delete_blob("planetverify.txt")
with ThreadPoolExecutor(16) as pool:
    list(pool.map(one, sources))
"""
"""Any number of destinations: clients and sessions are shared where the SDK lets them be."""

LOADED = """
import sys
file = sys.argv.pop()
from validator.__main__ import main, prepare
prepare()
code = main()
with open(file, "w") as names:
    print(*(name for name, module in sys.modules.items() if module and name.partition(".")[0] != "validator"), sep="\\n", file=names)
sys.exit(code)
"""
"""Runs a command, and notes which modules of others it has loaded."""

OTHERS = """
import os, sys
from importlib import import_module
from validator.__main__ import prepare
prepare()
for name in open(sys.argv[1]).read().split():
    import_module(name)
os._exit(0)
"""
"""Loads those modules and nothing else."""
