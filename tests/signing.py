"""What signing in is tried with: a door that behaves as a page does, and two passwords."""

import msgspec

from harness import ACCOUNT
from keyreeve.access import passwords, sign_in
from keyreeve.access.sign_in import Given
from keyreeve.entities import LoginProfile, RootUser
from keyreeve.events import look_up
from keyreeve.service.enrolling import KeyWanted, Wish
from keyreeve.service.signing_in import Refused, Waiting
from keyreeve.wire.exchange import Request

FIRST, SECOND = "Correct-horse-1", "Battery-staple-2"
REQUEST = Request("POST", "/signin", "", (("host", "iam.example"), ("user-agent", "Browser/1")), b"", "192.0.2.7", True)
NOT_IN = Refused(sign_in.REFUSED)
CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}


class Door:
    """What a page does: it has slow work done, and remembers how much there was."""

    def __init__(self, server):
        self.server = server
        self.work = []

    def finish(self, found):
        self.work.clear()
        while isinstance(found, Waiting):
            self.work.append(found.work.func)
            found = found.go_on(found.work())
        return found.found

    def enter(self, name="alice", password=FIRST, account=ACCOUNT, **more):
        return self.finish(self.server.service.sign_ins.begin(Given(account, name, password, **more), REQUEST))

    def change(self, wanted, old=FIRST, new=SECOND):
        return self.finish(self.server.service.sign_ins.change(wanted, old, new, REQUEST))

    def begin_enrolment(self, token, wish):
        return self.finish(self.server.service.sign_ins.begin_enrolment(token, wish, REQUEST))

    def finish_enrolment(self, token, wish, answer):
        return self.finish(self.server.service.sign_ins.finish_enrolment(token, wish, answer, REQUEST))

    def enrol(self, token, key, wish=None, browser=None):
        """What a page does to enrol a key."""
        wish = wish or Wish("yubikey")
        wanted = self.begin_enrolment(token, wish)
        assert isinstance(wanted, KeyWanted), wanted
        return self.finish_enrolment(token, wish, key.create(wanted.options, browser))

    def touch(self, key, browser=None, name="alice", **changed):
        """What a page does to sign somebody in who has a key: the password, then the key."""
        assertion = key.get(self.enter(name=name).options, browser, **changed)
        return self.enter(name=name, assertion=assertion)

    def person(self, signed_in):
        session = signed_in.caller.session
        return self.server.person(
            {
                "AccessKeyId": session.access_key_id,
                "SecretAccessKey": session.secret_access_key,
                "SessionToken": signed_in.token,
            }
        )

    def events(self, name="ConsoleLogin"):
        found = [msgspec.to_builtins(event) for _, event in look_up(self.server.log.rows) if event.event_name == name]
        return found[::-1]


def replace(server, record, **members):
    transaction = server.view.begin()
    transaction.put(msgspec.structs.replace(record, **members))
    transaction.commit()


def profile(server):
    (found,) = server.view.begin().all(LoginProfile, ACCOUNT)
    return found


def root_password(server, password=FIRST):
    replace(server, server.view.begin().get(RootUser, ACCOUNT, ACCOUNT), password_hash=passwords.hash(password))
