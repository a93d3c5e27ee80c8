"""A node whose trail delivers to a folder, and what came to be there."""

import gzip
import json

from harness import Server
from keyreeve.events import look_up

ACCOUNT = "111122223333"
BUCKET = "audit"


class Trailed:
    """A node with a trail's bucket, its administrator's clients, and what was delivered."""

    def __init__(self, node, key, folder):
        self.node, self.folder = node, folder
        self.server = Server(node.service, node.view, node.ring, node.log)
        credentials = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}
        self.admin = self.server.person(credentials)
        self.trails = self.admin.cloudtrail

    def deliver(self):
        self.node.log.flush()
        self.node.view.save()
        self.node._deliverer.see(self.node.view)
        self.node._deliverer.deliver()

    def begin_anew(self):
        """Know what a new process knows."""
        deliverer = self.node._deliverer
        deliverer._deliveries._states.clear()
        deliverer._seen = -1
        deliverer.open(self.node.view)

    def objects(self, kind):
        found = sorted(self.folder.rglob("*.json.gz"))
        return {str(path.relative_to(self.folder)): path for path in found if f"/{kind}/" in str(path)}

    def records(self):
        return [
            record
            for path in self.objects("CloudTrail").values()
            for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
        ]

    def ids(self):
        return [record["eventID"] for record in self.records()]

    def digests(self):
        return [json.loads(gzip.decompress(path.read_bytes())) for path in self.objects("CloudTrail-Digest").values()]

    def happened(self):
        """The ids of all events from the first StartLogging on."""
        events = [event for _, event in look_up(self.node.log.rows, newest_first=False)]
        (start, *_) = [place for place, event in enumerate(events) if event.event_name == "StartLogging"]
        return [event.event_id for event in events[start:]]
