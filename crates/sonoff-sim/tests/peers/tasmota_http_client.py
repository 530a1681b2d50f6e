"""Does with tasmota-http what its users do; prints each answer as compact JSON."""

import json
import sys
import time

from tasmota_http import TasmotaClient
from tasmota_http.exceptions import TasmotaTransportError


def show(answer):
    print(json.dumps(answer, separators=(",", ":")), flush=True)


def refused(client):
    try:
        client.power_get()
        print("not refused", flush=True)
    except TasmotaTransportError as error:
        print("refused", error, flush=True)


address = sys.argv[1]
device = TasmotaClient(address)
show(device.power_set(True))
show(device.power_get())
show(device.power_toggle(2))
status = device.status(0)
print("status", status["Status"]["DeviceName"], len(status), flush=True)
show(device.send_command("NoSuchCommand 1"))
show(device.backlog(["DeviceName Backlog", "Power1 off"]))
# Each command starts the pause between two parts of a Backlog anew: whoever asks all the time holds it up.
while device.power_get() != {"POWER1": "OFF"}:
    time.sleep(0.5)
show(device.power_get())
show(device.send_command("WebPassword a & b"))
refused(device)
refused(TasmotaClient(address, username="admin", password="a & c"))
show(TasmotaClient(address, username="admin", password="a & b").power_set(True))
