"""Kill -9 in the middle of mixed writes: is any acknowledged change lost, or any transaction there by half?

    python tests/stores/kill.py [ROUNDS [SEED]] [--fault early|torn]

A child commits a sequence of transactions that a seed decides, with several waiting at once, and tells each number when
it is durable. It is killed at a random moment. What is then in the database has to be exactly what the first so many
transactions make, and at least as many as were told. With a planted fault the same check has to fail.
"""

import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from keyreeve.entities import AccessKey, Attachment, Group, Membership, User
from keyreeve.store import Batch, MemoryEngine, SqliteEngine, View
from keyreeve.store.folder import claim

ACCOUNTS = ("111122223333", "444455556666")
DATE = datetime(2026, 1, 2, tzinfo=UTC)
WAITING = 8
ROUNDS_PER_FOLDER = 5
MOST_SECONDS = 0.15


def step(tx, number, seed):
    """Transaction `number` of this seed: several records, an event and a small value, always with some change."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  repeatable, not secret
    account = chance.choice(ACCOUNTS)
    user_id = f"AIDA{number:017d}"
    user = User(account_id=account, user_id=user_id, user_name=f"u{number}", path="/", create_date=DATE)
    key = AccessKey(account_id=account, access_key_id=f"AKIA{number:016d}", principal_id=user_id,
                    sealed_secret=chance.randbytes(60), create_date=DATE)  # fmt: skip
    tx.put(user)
    tx.put(key)
    tx.put(Attachment(account_id=account, principal_id=user_id, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess"))
    groups = sorted(tx.all(Group, account), key=lambda group: group.key)
    if not groups or chance.random() < 0.1:
        groups = [Group(account_id=account, group_id=f"AGPA{number:017d}", group_name=f"g{number}", path="/",
                        create_date=DATE)]  # fmt: skip
        tx.put(groups[0])
    tx.put(Membership(account_id=account, user_id=user_id, group_id=chance.choice(groups).group_id))
    if chance.random() < 0.5:
        erase(tx, chance.choice(sorted(tx.all(User, account), key=lambda each: each.key)))
    tx.record_events(b"%d" % number)
    tx.set_meta("step", b"%d" % number)


def erase(tx, user):
    """Delete a user with all that hangs on it."""
    for kind, index in ((AccessKey, "principal"), (Attachment, "principal"), (Membership, "user")):
        for record in tx.where(kind, user.account_id, index, user.user_id):
            tx.delete(record)
    tx.delete(user)


class Early(SqliteEngine):
    """A planted fault: says that batches are kept, and writes them a little later."""

    def __init__(self, path):
        super().__init__(path)
        self.later = queue.SimpleQueue()
        threading.Thread(target=self.write, daemon=True).start()

    def append(self, expected, batches):
        self.later.put((expected, batches))
        return expected + len(batches)

    def write(self):
        while True:
            expected, batches = self.later.get()
            time.sleep(0.01)
            super().append(expected, batches)


class Torn(SqliteEngine):
    """A planted fault: writes a transaction in two."""

    def append(self, expected, batches):
        for batch in batches:
            half = len(batch.changes) // 2
            super().append(expected, [Batch(batch.changes[:half])])
            time.sleep(0.002)
            super().append(expected + 1, [Batch(batch.changes[half:], batch.events, batch.metas)])
            expected += 2
        return expected


ENGINES = {"none": SqliteEngine, "early": Early, "torn": Torn}


def child(path, seed, fault):
    """Commit for ever, and tell the number of each transaction once it is durable."""
    with claim(path) as folder:
        engine = ENGINES[fault](folder.database)
        view = View(engine)
        view.writer.start()
        places = threading.Semaphore(WAITING)
        number = int(engine.meta("step") or b"0")

        def told(number, error):
            if error is not None:
                os._exit(1)
            os.write(1, b"%d\n" % number)
            places.release()

        while True:
            places.acquire()
            number += 1
            tx = view.begin()
            step(tx, number, seed)
            view.wait(tx.commit(), lambda error, number=number: told(number, error))


def killed(path, seed, fault, seconds):
    """Run the child and kill it after so many seconds; the highest number it told, 0 for none."""
    command = [sys.executable, __file__, "--child", str(path), str(seed), fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        told = [process.stdout.readline()]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    if process.returncode != -signal.SIGKILL:
        raise SystemExit(f"the child ended by itself: {process.returncode}")
    return max((int(line) for line in told if line.endswith(b"\n")), default=0)


def problems(path, seed, told):
    """What is wrong with the database after the child had told this number; and how many transactions it holds."""
    with claim(path) as folder:
        engine = SqliteEngine(folder.database)
        try:
            found = sorted(change.data for change in engine.load())
            rows = [int(row) for _, row in engine.events(0)]
            last = int(engine.meta("step") or b"0")
        finally:
            engine.close()
    model = View(MemoryEngine())
    for number in range(1, last + 1):
        tx = model.begin()
        step(tx, number, seed)
        tx.commit()
    model.save()
    wrong = []
    if told > last:
        wrong.append(f"transaction {told} was acknowledged and is lost; the last one is {last}")
    if rows != list(range(1, last + 1)):
        wrong.append(f"{len(rows)} events for {last} transactions")
    if found != sorted(change.data for change in model.engine.load()):
        wrong.append(f"the records are not those of {last} whole transactions")
    return wrong, last


def run(rounds, seed, fault="none"):
    """Kill so often; the problems found."""
    chance = random.Random(seed)  # noqa: S311  repeatable, not secret
    with tempfile.TemporaryDirectory() as home:
        for number in range(rounds):
            path = Path(home) / f"data{number // ROUNDS_PER_FOLDER}"
            told = killed(path, seed, fault, chance.random() * MOST_SECONDS)
            wrong, last = problems(path, seed, told)
            print(f"round {number + 1}: told {told}, kept {last} {'; '.join(wrong)}", flush=True)  # noqa: T201
            if wrong:
                return wrong
    return []


def main():
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    parser = ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=200)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--fault", choices=sorted(ENGINES), default="none")
    given = parser.parse_args()
    raise SystemExit(1 if run(given.rounds, given.seed, given.fault) else 0)


if __name__ == "__main__":
    main()
