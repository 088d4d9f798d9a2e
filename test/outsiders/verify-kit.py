"""Checks an unpacked kit by one signer's public key, with Python's own library and `cryptography` alone.

    python3 verify-kit.py FOLDER PUBLIC_KEY.pem BUNDLE
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def refuse(why):
    print(f"refused: {why}")
    sys.exit(3)


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def is_signed(key, signature, data):
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


folder, key_file, bundle_file = map(pathlib.Path, sys.argv[1:])
envelope = json.loads(bundle_file.read_bytes())["dsseEnvelope"]
[signature] = envelope["signatures"]
payload = base64.b64decode(envelope["payload"], validate=True)
kind = envelope["payloadType"].encode()
encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
key = serialization.load_pem_public_key(key_file.read_bytes())
if not is_signed(key, base64.b64decode(signature["sig"], validate=True), encoded):
    refuse("signature")

statement = json.loads(payload)
if kind != b"application/vnd.in-toto+json" or statement["predicateType"] != "urn:sealpost:kit:v1":
    refuse("type")
subjects = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
for name in ("offline-kit.json", "SHA256SUMS"):
    if subjects.get(name) != sha256(folder / name):
        refuse(f"subject {name}")
for line in (folder / "SHA256SUMS").read_text().splitlines():
    expected, name = line.split("  ", 1)
    if sha256(folder / name) != expected:
        refuse(f"sums {name}")
print("verified")
