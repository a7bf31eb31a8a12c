"""What was accepted is run and its end told, whenever the server is killed: while it accepts, runs or tells."""

import itertools
import json
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError
from conftest import active
from packages import HELLO, python
from test_event_invocations import until

ROUNDS = 6

# Writes down whose end it is told of, where no killed server can take it along: without namespaces it sees the host's files.
TOLD = """
import os
def handler(event, context):
    seen = os.open(os.environ["SEEN"], os.O_WRONLY | os.O_APPEND)
    os.write(seen, (event["requestContext"]["requestId"] + "\\n").encode())
    os.close(seen)
"""


class Sender(threading.Thread):
    """Sends events one after the other until the server is gone, and remembers which were accepted."""

    def __init__(self, client):
        """Sends by this client."""
        super().__init__()
        self.client, self.accepted = client, []

    def run(self):
        """Until nobody answers."""
        for number in itertools.count():
            try:
                answer = self.client.invoke(
                    FunctionName="tells", InvocationType="Event", Payload=json.dumps({"n": number})
                )
            except (BotoCoreError, ClientError):
                return
            self.accepted.append(answer["ResponseMetadata"]["RequestId"])


def test_nothing_that_was_accepted_is_lost_however_often_the_server_is_killed(own_server, tmp_path):
    seen = tmp_path / "seen.txt"
    seen.touch()
    running = own_server("--isolation", "process")
    client = running.client()
    settings = python(TOLD, Timeout=60, Environment={"Variables": {"SEEN": str(seen)}})
    told = client.create_function(FunctionName="told", **settings)["FunctionArn"]
    client.create_function(FunctionName="tells", **python(HELLO, Timeout=60))
    active(client, "tells")
    client.put_function_event_invoke_config(
        FunctionName="tells", DestinationConfig={"OnSuccess": {"Destination": told}}
    )
    chance, accepted = random.Random(5), set()
    for turn in range(ROUNDS):
        senders = [Sender(running.client()) for _ in range(4)]
        for sender in senders:
            sender.start()
        wanted = chance.randint(1, 150)
        until(lambda: sum(len(sender.accepted) for sender in senders) >= wanted)
        running.kill()
        for sender in senders:
            sender.join()
            accepted.update(sender.accepted)
        running.start()
    assert len(accepted) >= ROUNDS
    until(lambda: accepted <= set(seen.read_text().split()), 120)
