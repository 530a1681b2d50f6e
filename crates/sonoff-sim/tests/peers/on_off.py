"""Switches a device on and off, asks for its status, and tells its time: on_off.py PORT TOPIC.

Every step waits for the answer to the one before. Runs with paho-mqtt 1.6 and 2.
"""

import queue
import sys

import paho.mqtt.client as mqtt

PATIENCE_S = 25


def new_client():
    versions = getattr(mqtt, "CallbackAPIVersion", None)
    return mqtt.Client(versions.VERSION2) if versions else mqtt.Client()


class Listener:
    """Puts what comes into a queue, so that the steps below can wait for it."""

    def __init__(self, port):
        self.came = queue.Queue()
        self.client = new_client()
        self.client.on_connect = lambda *_: self.came.put(("connected", b""))
        self.client.on_subscribe = lambda *_: self.came.put(("subscribed", b""))
        self.client.on_message = lambda _client, _data, message: self.came.put((message.topic, message.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def wait_for(self, topic):
        """The next payload of this topic; what comes in between is only shown."""
        while True:
            came, payload = self.came.get(timeout=PATIENCE_S)
            print(came, payload.decode(), flush=True)
            if came == topic:
                return payload

    def subscribe(self, topic):
        self.client.subscribe(topic)
        self.wait_for("subscribed")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def run(port, device):
    listener = Listener(port)
    listener.wait_for("connected")
    listener.subscribe(f"stat/{device}/POWER")
    for word, state in (("1", b"ON"), ("0", b"OFF")):
        listener.client.publish(f"cmnd/{device}/power", word)
        if listener.wait_for(f"stat/{device}/POWER") != state:
            sys.exit(f"power {word} was answered wrongly")
    listener.subscribe(f"stat/{device}/STATUS")
    listener.client.publish(f"cmnd/{device}/status", None)
    listener.wait_for(f"stat/{device}/STATUS")
    listener.subscribe(f"tele/{device}/+")
    # Clients cut the time out of the text: it must be the compact form, 19 characters behind the name.
    _, _, rest = listener.wait_for(f"tele/{device}/STATE").partition(b'"Time":"')
    print("time of the device:", rest[:19].decode(), flush=True)
    listener.close()


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2])
