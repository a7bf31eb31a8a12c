"""What was accepted is run, whenever the server is killed: while it accepts, runs, retries and tells of ends."""

import itertools
import json
import random
import re
import threading

from botocore.exceptions import BotoCoreError, ClientError
from conftest import active
from packages import python
from test_event_invocations import until

ROUNDS = 6

TELLS = """
def handler(event, context):
    print("got", context.aws_request_id, flush=True)
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


def test_nothing_that_was_accepted_is_lost_however_often_the_server_is_killed(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="tells", **python(TELLS, Timeout=60))
    active(client, "tells")
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
    until(lambda: accepted <= set(re.findall(r"got ([0-9a-f-]{36})", running.log())), 120)
