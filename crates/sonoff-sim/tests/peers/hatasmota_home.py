"""A home that takes devices in as Home Assistant does, by the very same library: hatasmota_home.py PORT.

It prints what it finds and hears; on standard input it takes `on 1`, `off 1` and `toggle 1`, with the relay's number.
"""

import asyncio
import inspect
import logging
import sys

import paho.mqtt.client as mqtt
from hatasmota import const, discovery
from hatasmota.mqtt import ReceiveMessage, TasmotaMQTTClient


def new_client():
    versions = getattr(mqtt, "CallbackAPIVersion", None)
    return mqtt.Client(versions.VERSION2) if versions else mqtt.Client()


async def ignore(_there):
    """Availability callbacks must be coroutines."""


def say(*words):
    print(*words, flush=True)


class Mqtt:
    """What the library wants of a client: publish, and subscriptions in named bundles."""

    def __init__(self, loop, port):
        self.loop = loop
        self.bundles = {}
        self.kept = {}
        self.last = 0
        self.connected = asyncio.Event()
        self.client = new_client()
        self.client.on_connect = lambda *_: loop.call_soon_threadsafe(self.connected.set)
        self.client.on_message = self.came
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.face = TasmotaMQTTClient(self.publish, self.subscribe, self.unsubscribe)

    def came(self, _client, _data, message):
        self.loop.call_soon_threadsafe(self.deliver, message)

    def deliver(self, message):
        received = ReceiveMessage(message.topic, message.payload.decode(), message.qos, message.retain)
        if message.retain:
            self.kept[message.topic] = received
        for bundle in list(self.bundles.values()):
            self.hand_to(bundle, received)

    def hand_to(self, bundle, received):
        for topic in list(bundle.values()):
            if mqtt.topic_matches_sub(topic["topic"], received.topic):
                done = topic["msg_callback"](received)
                if inspect.isawaitable(done):
                    asyncio.ensure_future(done)

    async def publish(self, topic, payload, qos, retain):
        self.client.publish(topic, payload, qos or 0, bool(retain))

    async def subscribe(self, bundle, topics):
        if bundle is None:
            self.last += 1
            bundle = {"number": self.last}
        # A topic that someone has already is not subscribed again: the broker would send what it keeps to all, and the
        # library subscribes anew when it hears that a device is there. Who comes later gets what came before.
        taken = [topic["topic"] for topics in self.bundles.values() for topic in topics.values()]
        before = self.bundles.get(bundle["number"], {})
        self.bundles[bundle["number"]] = topics
        for topic in [topic for key, topic in topics.items() if before.get(key, {}).get("topic") != topic["topic"]]:
            if topic["topic"] not in taken:
                self.client.subscribe(topic["topic"])
            elif topic["topic"] in self.kept:
                self.hand_to({"again": topic}, self.kept[topic["topic"]])
        return bundle

    async def unsubscribe(self, bundle):
        if bundle is not None:
            self.bundles.pop(bundle["number"], None)
        return None


class Home:
    """The entities of one device."""

    def __init__(self, client):
        self.client = client
        self.relays = {}
        self.states = {}
        self.sensors = {}
        self.contacts = {}
        self.triggers = {}

    async def device(self, config, mac):
        if not config:
            return say("gone", mac)
        facts = discovery.get_device_config(config)
        name, model, version = (facts[key] for key in (const.CONF_NAME, const.CONF_MODEL, const.CONF_SW_VERSION))
        say("device", mac, name, "/", model, "/", version)
        for entity, (_, _, _, index) in discovery.get_switch_entities(config):
            if entity is not None and index + 1 not in self.relays:
                await self.relay(index + 1, entity)
        for kind in ("binary_sensor", "cover", "fan", "light"):
            count = sum(entity is not None for entity, _ in discovery.get_entities_for_platform(config, kind))
            say("entities", kind, count)
        for entity, (_, _, _, index) in discovery.get_binary_sensor_entities(config):
            if entity is not None and index not in self.contacts:
                await self.contact(index, entity)
        triggers = [trigger for trigger in discovery.get_triggers(config) if trigger.is_active]
        for trigger in triggers:
            if trigger.trigger_id not in self.triggers:
                await self.trigger(trigger)
        say("triggers", len(triggers))

    async def contact(self, index, config):
        contact = discovery.get_entity(config, self.client)
        self.contacts[index] = contact
        contact.set_on_state_callback(lambda on: say("contact", index + 1, "on" if on else "off"))
        contact.set_on_availability_callback(ignore)
        await contact.subscribe_topics()

    async def trigger(self, config):
        trigger = discovery.get_trigger(config, self.client)
        self.triggers[config.trigger_id] = trigger
        trigger.set_on_trigger_callback(lambda: say("trigger", config.subtype, config.type))
        await trigger.subscribe_topics()

    async def relay(self, number, config):
        relay = discovery.get_entity(config, self.client)
        self.relays[number] = relay
        say("relay", number, relay.name)

        def state(on):
            self.states[number] = on
            say("state", number, "on" if on else "off")

        async def available(there):
            say("available", number, there)

        relay.set_on_state_callback(state)
        relay.set_on_availability_callback(available)
        await relay.subscribe_topics()

    async def status(self, entities, _mac):
        for config, (_, _, _, kind) in entities:
            if kind not in self.sensors:
                sensor = discovery.get_entity(config, self.client)
                self.sensors[kind] = sensor
                sensor.set_on_state_callback(lambda value, kind=kind: say("sensor", kind, value))
                await sensor.subscribe_topics()
        say("sensors", len(self.sensors))

    async def order(self, line):
        word, number = line.split()
        number = int(number)
        on = {"on": True, "off": False}.get(word, not self.states.get(number))
        await self.relays[number].set_state(on)


async def lines():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


async def run(port):
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
    client = Mqtt(asyncio.get_running_loop(), port)
    await client.connected.wait()
    home = Home(client.face)
    found = discovery.TasmotaDiscovery("tasmota/discovery", client.face)
    await found.start_discovery(home.device, home.status)
    say("watching")
    async for line in lines():
        await home.order(line)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
