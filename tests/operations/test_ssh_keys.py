"""SSH public keys, as real boto3 clients see them."""

import subprocess

import pytest

from harness import allow, refused
from pki import ec_key, private, public, rsa_key

UNKNOWN = "APKAAAAAAAAAAAAAAAAA"


@pytest.fixture
def iam(root):
    root.iam.create_user(UserName="u")
    return root.iam


def upload(iam, body=None, user="u"):
    return iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body or public(rsa_key()))["SSHPublicKey"]


def test_a_key_is_kept_as_it_came_and_listed_without_it(iam):
    body = public(rsa_key()) + " u@example"
    key = upload(iam, body)
    assert key["SSHPublicKeyId"].startswith("APKA")
    assert len(key["SSHPublicKeyId"]) == 20
    assert (key["SSHPublicKeyBody"], key["Status"], key["UserName"]) == (body, "Active", "u")
    (listed,) = iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"]
    assert set(listed) == {"UserName", "SSHPublicKeyId", "Status", "UploadDate"}
    got = iam.get_ssh_public_key(UserName="u", SSHPublicKeyId=key["SSHPublicKeyId"], Encoding="SSH")
    assert got["SSHPublicKey"] == key


def test_the_fingerprint_is_what_ssh_keygen_says(iam, tmp_path):
    file = tmp_path / "key.pub"
    file.write_text(public(rsa_key()))
    try:
        said = subprocess.run(["ssh-keygen", "-E", "md5", "-lf", file], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("there is no ssh-keygen here")
    assert f"MD5:{upload(iam)['Fingerprint']} " in said.stdout


def test_a_key_is_read_in_the_other_encoding(iam):
    pem = public(rsa_key(), "PEM")
    key = upload(iam, pem)
    named = {"UserName": "u", "SSHPublicKeyId": key["SSHPublicKeyId"]}
    assert len(key["Fingerprint"]) == 47
    assert iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"] == pem
    assert iam.get_ssh_public_key(**named, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == public(rsa_key())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("ssh-rsa AAAA", "InvalidPublicKey"),
        ("ssh-rsa", "UnrecognizedPublicKeyEncoding"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKzvfE", "UnrecognizedPublicKeyEncoding"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "InvalidPublicKey"),
        (public(ec_key(), "PEM"), "InvalidPublicKey"),
        (public(rsa_key("small", 1024)), "InvalidPublicKey"),
        (private(ec_key()), "InvalidPublicKey"),
    ],
)
def test_what_is_no_rsa_key_of_2048_bits_is_refused(iam, body, code):
    with refused(code):
        upload(iam, body)
    assert iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"] == []


def test_a_user_has_a_key_once_in_any_encoding(iam):
    upload(iam)
    with refused("DuplicateSSHPublicKey"):
        upload(iam, public(rsa_key(), "PEM"))
    iam.create_user(UserName="other")
    assert upload(iam, user="other")


def test_a_user_has_five_keys(iam):
    for number in range(5):
        upload(iam, public(rsa_key(str(number))))
    with refused("LimitExceeded", "Cannot exceed quota for SSHPublicKeysPerUser: 5"):
        upload(iam)


def test_a_key_is_switched_and_deleted_once(iam):
    key = upload(iam)["SSHPublicKeyId"]
    iam.update_ssh_public_key(UserName="u", SSHPublicKeyId=key, Status="Inactive")
    assert iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"][0]["Status"] == "Inactive"
    with refused("ValidationError"):
        iam.update_ssh_public_key(UserName="u", SSHPublicKeyId=key, Status="Expired")
    with refused("DeleteConflict", "Cannot delete entity, must remove referenced objects first."):
        iam.delete_user(UserName="u")
    iam.delete_ssh_public_key(UserName="u", SSHPublicKeyId=key)
    with refused("NoSuchEntity", f"The Public Key with id {key} cannot be found."):
        iam.delete_ssh_public_key(UserName="u", SSHPublicKeyId=key)
    iam.delete_user(UserName="u")


def test_another_users_key_is_not_found(iam):
    key = upload(iam)["SSHPublicKeyId"]
    iam.create_user(UserName="other")
    for wanted in (key, UNKNOWN):
        with refused("NoSuchEntity", f"The Public Key with id {wanted} cannot be found."):
            iam.get_ssh_public_key(UserName="other", SSHPublicKeyId=wanted, Encoding="SSH")
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        upload(iam, user="nobody")


def test_users_list_their_own_and_root_has_none(server, iam):
    upload(iam)
    person = server.user("me", allow("iam:ListSSHPublicKeys", "arn:aws:iam::*:user/me"))
    assert person.iam.list_ssh_public_keys()["SSHPublicKeys"] == []
    with refused("AccessDenied"):
        person.iam.list_ssh_public_keys(UserName="u")
    with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
        iam.list_ssh_public_keys()
