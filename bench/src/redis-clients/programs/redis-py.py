"""An application with an unmodified redis-py. It reads commands as lines of JSON, and answers each in a line."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import redis
from redis.sentinel import Sentinel

printing = threading.Lock()
counting = threading.Lock()
ended = 0


def tell(line):
    with printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def counted(kind):
    """The same class of connections, which also counts how often one ends."""

    class Counted(kind):
        def disconnect(self, *args, **kwargs):
            global ended
            if self._sock is not None:
                with counting:
                    ended += 1
                tell({"ended": ended})
            super().disconnect(*args, **kwargs)

    return Counted


def connect(endpoint, threads):
    login = {"username": endpoint["username"], "password": endpoint["password"], "decode_responses": True}
    if endpoint["address"] is not None:
        pool = redis.ConnectionPool(
            connection_class=counted(redis.Connection),
            max_connections=threads,
            host=endpoint["address"]["host"],
            port=endpoint["address"]["port"],
            **login,
        )
        return redis.Redis(connection_pool=pool)
    sentinel = Sentinel(
        [(one["host"], one["port"]) for one in endpoint["sentinels"]],
        sentinel_kwargs={"username": endpoint["sentinelUsername"], "password": endpoint["sentinelPassword"]},
        **login,
    )
    return sentinel.master_for(
        endpoint["primaryName"], connection_class=counted(redis.sentinel.SentinelManagedConnection)
    )


def run(client, call, name, arguments):
    try:
        tell({"id": call, "value": getattr(client, name)(*arguments)})
    except Exception as error:  # Each failure is an answer.
        tell({"id": call, "error": f"{type(error).__name__}: {error}"})


client = None
pool = None
for line in sys.stdin:
    request = json.loads(line)
    name, *arguments = request["command"]
    if name == "open":
        client = connect(json.loads(arguments[0]), arguments[1])
        pool = ThreadPoolExecutor(arguments[1])
        run(client, request["id"], "ping", [])
    else:
        pool.submit(run, client, request["id"], name, arguments)
