"""moto's server, with what AWS IoT does and it does not: it signs the key of the request, by a CA given to it; has one endpoint that does
not change; and lists the tags of a policy, of which there are none. Arguments: port, file with a CA and its key (PEM), endpoint."""

import json
import sys
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from moto.core.utils import utcnow
from moto.iot import models, responses
from moto.server import main

port, authority, endpoint = sys.argv[1:4]
with open(authority, "rb") as file:
    pem = file.read()
issuer = x509.load_pem_x509_certificate(pem)
key = serialization.load_pem_private_key(pem, None)


def signed(self, csr, set_as_active):
    request = x509.load_pem_x509_csr(csr.encode())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AWS IoT Certificate")]))
        .issuer_name(issuer.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utcnow() - timedelta(minutes=2))
        .not_valid_after(utcnow() + timedelta(days=8000))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return self.register_certificate(text, ca_certificate_pem=None, set_as_active=set_as_active, status="INACTIVE")


def described(self, endpoint_type):
    made = models.FakeEndpoint(endpoint_type, self.region_name)
    made.endpoint = endpoint
    return made


models.IoTBackend.create_certificate_from_csr = signed
models.IoTBackend.describe_endpoint = described
responses.IoTResponse.list_tags_for_resource = lambda self: json.dumps({"tags": []})
main(["-H", "127.0.0.1", "-p", port])
