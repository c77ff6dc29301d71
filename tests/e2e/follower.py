"""A dashboard in miniature: follows a programme as docs/PROTOCOL.md says, in a process of its own.

Reads one JSON line (where, who), says "following", then a line with a cursor: follows until it is there, and prints a
digest of what it holds.
"""
import hashlib
import json
import select
import sys
import time


def digest(mirror):
    records, entities = mirror.state()
    text = repr((sorted(records.items()), sorted(entities.items(), key=lambda x: x[0])))
    return hashlib.sha256(text.encode()).hexdigest()


def main():
    from client import Connection, Keys, Mirror, NoAnswer, Subscription

    where = json.loads(sys.stdin.readline())
    keys = Keys()
    keys.public, keys.secret = where["public"], where["secret"]
    subscription = Subscription(where["updates"], where["server"], keys, where["programme"])
    connection = Connection(where["endpoint"], where["server"], keys, timeout=3)
    mirror = Mirror(where["programme"])
    while subscription.next(0.5) is None:
        pass
    mirror.snapshot(connection)
    print("following", flush=True)
    target = None
    while target is None or mirror.cursor < target:
        u = subscription.next(0.1)
        if u is not None and not mirror.update(u):
            try:
                mirror.catch_up(connection)
            except NoAnswer:
                continue  # the daemon is away; the next pulse shows the gap again
        if target is None and select.select([sys.stdin], [], [], 0)[0]:
            target = int(sys.stdin.readline())
    print(json.dumps({"records": len(mirror.records), "digest": digest(mirror)}), flush=True)


if __name__ == "__main__":
    main()
