"""A node whose trail delivers to a folder, and what came to be there."""

import gzip
import json
import os
from contextlib import contextmanager, suppress

from harness import Server
from keyreeve.events import look_up

ACCOUNT = "111122223333"
BUCKET = "audit"


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed(node, monkeypatch, at):
    """Within, the first, second, … write of a state or a file is the last."""
    steps = iter(range(1, 1000))

    def dying(inner):
        def step(*arguments):
            if next(steps) == at:
                raise Killed
            return inner(*arguments)

        return step

    with monkeypatch.context() as killing, suppress(Killed):
        killing.setattr(node.engine, "set_meta", dying(node.engine.set_meta))
        killing.setattr(os, "fsync", dying(os.fsync))
        yield


class Trailed:
    """A node with a trail's bucket, its administrator's clients, and what was delivered."""

    def __init__(self, node, key, folder):
        self.node, self.key, self.folder = node, key, folder
        self.server = Server(node.service, node.view, node.ring, node.log)
        credentials = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}
        self.admin = self.server.person(credentials)
        self.trails = self.admin.cloudtrail

    def deliver(self):
        self.node.log.flush()
        self.node.view.save()
        self.node.tick()
        self.node._deliverer.deliver()

    def round(self):
        """Deliver, and drop what is delivered and was deleted, as a running node does a moment later."""
        self.deliver()
        self.node.tick()
        self.node.view.save()
        self.deliver()

    def begin_anew(self):
        """Know what a new process knows."""
        deliverer = self.node._deliverer
        deliverer._deliveries._states.clear()
        deliverer._seen = deliverer._seen._replace(revision=-1, trails=(), deleted=())
        deliverer.open(self.node.view)

    def objects(self, kind):
        found = sorted(self.folder.rglob("*.json.gz"))
        return {str(path.relative_to(self.folder)): path for path in found if f"/{kind}/" in str(path)}

    def records(self, prefix=""):
        return [
            record
            for name, path in self.objects("CloudTrail").items()
            if name.startswith(prefix)
            for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
        ]

    def told(self, prefix=""):
        """What the log files tell, in the log's order: names of events, and of whom they made."""
        order = [event.event_id for _, event in look_up(self.node.log.rows, newest_first=False)]
        told = sorted(self.records(prefix), key=lambda record: order.index(record["eventID"]))
        return [(each["eventName"], (each["requestParameters"] or {}).get("userName")) for each in told]

    def ids(self):
        return [record["eventID"] for record in self.records()]

    def digests(self):
        return [json.loads(gzip.decompress(path.read_bytes())) for path in self.objects("CloudTrail-Digest").values()]

    def happened(self):
        """The ids of all events from the first StartLogging on."""
        events = [event for _, event in look_up(self.node.log.rows, newest_first=False)]
        (start, *_) = [place for place, event in enumerate(events) if event.event_name == "StartLogging"]
        return [event.event_id for event in events[start:]]
