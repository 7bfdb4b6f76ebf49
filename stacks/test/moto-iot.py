"""moto's server, with what AWS IoT does and it does not: it signs the key of the request, and those it makes itself, by a CA given to it; has
one endpoint that does not change; tells all that was said of a CA that was registered; and lists the tags of a policy, of which there are
none. Arguments: port, file with a CA and its key (PEM), endpoint."""

import json
import sys
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.utils import utcnow
from moto.iot import models, responses
from moto.server import main

port, authority, endpoint = sys.argv[1:4]
with open(authority, "rb") as file:
    pem = file.read()
issuer = x509.load_pem_x509_certificate(pem)
key = serialization.load_pem_private_key(pem, None)


def certified(public_key):
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AWS IoT Certificate")]))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(utcnow() - timedelta(minutes=2))
        .not_valid_after(utcnow() + timedelta(days=8000))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def signed(self, csr, set_as_active):
    text = certified(x509.load_pem_x509_csr(csr.encode()).public_key())
    return self.register_certificate(text, ca_certificate_pem=None, set_as_active=set_as_active, status="INACTIVE")


def made_whole(self, set_as_active):
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    certificate = self.register_certificate(
        certified(own.public_key()), ca_certificate_pem=None, set_as_active=set_as_active, status="INACTIVE"
    )
    return certificate, {"PublicKey": public.decode(), "PrivateKey": private.decode()}


registers = responses.IoTResponse.register_ca_certificate
tells = models.FakeCaCertificate.to_description_dict


def registered(self):
    answer = registers(self)
    made = self.iot_backend.ca_certificates[answer.result["certificateId"]]
    made.certificate_mode = self._get_param("certificateMode") or "DEFAULT"
    made.takes_in = str(self._get_param("allowAutoRegistration")).lower() == "true"
    return answer


def told(self):
    return {
        **tells(self),
        "certificateMode": self.certificate_mode,
        "autoRegistrationStatus": "ENABLE" if self.takes_in else "DISABLE",
    }


def described(self, endpoint_type):
    made = models.FakeEndpoint(endpoint_type, self.region_name)
    made.endpoint = endpoint
    return made


models.IoTBackend.create_certificate_from_csr = signed
models.IoTBackend.create_keys_and_certificate = made_whole
responses.IoTResponse.register_ca_certificate = registered
models.FakeCaCertificate.to_description_dict = told
models.IoTBackend.describe_endpoint = described
responses.IoTResponse.list_tags_for_resource = lambda self: json.dumps({"tags": []})
main(["-H", "127.0.0.1", "-p", port])
