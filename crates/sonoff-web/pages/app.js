"use strict";

// All that is shown goes through here: texts become text, never markup.
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

const main = document.getElementById("main");
const note = document.getElementById("note");
let facts = {};
let visit = 0; // Grows with each page: what an earlier one waits for is no longer wanted.
let noteTimer;

function say(text) {
  note.textContent = text;
  note.hidden = !text;
  clearTimeout(noteTimer);
  if (text) noteTimer = setTimeout(() => say(""), 6000);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// ---- the device

async function read(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json()).WARNING);
  return answer.json();
}

const show = (names) => read("/show?list=" + encodeURIComponent(names.join(",")));
const field = (name, value) => name + "=" + encodeURIComponent(value);

const post = (form) => fetch("/run", {
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: form + "&" + field("token", facts.token),
});

async function run(...commands) {
  const answers = [];
  for (const form of batches(commands)) {
    let answer = await post(form);
    if (answer.status === 403) { // It has restarted, and has another token.
      await learn();
      answer = await post(form);
    }
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.WARNING);
    answers.push(...body);
  }
  return answers;
}

// The device has a small room for a request.
function batches(commands) {
  const forms = [];
  for (const part of commands.map((command) => field("cmnd", command))) {
    const last = forms.length - 1;
    if (last >= 0 && forms[last].length + part.length < 800) forms[last] += "&" + part;
    else forms.push(part);
  }
  return forms;
}

const RC = {
  "-5": "name not found", "-4": "no answer", "-3": "connection lost", "-2": "no connection", "-1": "disconnected",
  1: "broker speaks another protocol", 2: "client id refused", 3: "broker not ready", 4: "user or password wrong",
  5: "not allowed",
};

function mqttState() {
  if (!facts.mqtt) return "off";
  if (facts.online) return "connected";
  return facts.broker ? `${RC[facts.rc] || "not connected"} (rc ${facts.rc})` : "no broker set";
}

async function learn() {
  facts = await read("/facts");
  const link = document.getElementById("link");
  link.textContent = "MQTT " + mqttState();
  link.className = facts.online ? "up" : facts.mqtt ? "" : "off";
}

// Waits until the device has restarted: it has another token then.
async function restarted() {
  say("The device restarts…");
  const before = facts.token;
  for (let tries = 0; tries < 40; tries++) {
    await pause(500);
    try {
      await learn();
      if (facts.token !== before) return say("The device is back.");
    } catch {
      // It is not there yet.
    }
  }
  say("The device does not come back. Has its address changed?");
}

// ---- parts of pages

const link = (to, text) => h("a", { class: "button", href: "#/" + to }, text);
const title = (text) => h("h1", {}, text);
const table = (rows) => h("table", {}, rows.filter((row) => row[1] != null && row[1] !== "").map(
  ([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, String(value)))));

function put(...children) {
  main.replaceChildren(...children.filter((child) => child));
}

// Repeats while the page is there and can be seen.
async function every(ms, step) {
  const mine = visit;
  while (mine === visit) {
    if (!document.hidden) {
      try {
        await step();
      } catch (error) {
        document.getElementById("link").textContent = "no answer";
      }
    }
    await pause(ms);
  }
}

// ---- main page

async function home() {
  const relays = h("div", { class: "relays" });
  const sensors = h("div", {});
  const links = facts.user === 2
    ? [["configuration", "Configuration"], ["information", "Information"], ["console", "Console"], ["firmware", "Firmware"], ["restart", "Restart"]]
    : [];
  put(relays, sensors, h("nav", { "aria-label": "Pages" }, links.map(([to, text]) => link(to, text))));
  await every(1500, async () => {
    const names = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => "FriendlyName" + n);
    const seen = await show(["DeviceName", "StateText2", "State", "Status10", ...names]);
    await learn();
    document.getElementById("name").textContent = document.title = seen.DeviceName || "Sonoff";
    drawRelays(relays, seen);
    drawSensors(sensors, seen.StatusSNS || {});
  });
}

function drawRelays(place, seen) {
  const keys = Object.keys(seen).filter((key) => /^POWER\d*$/.test(key));
  while (place.children.length > keys.length) place.lastChild.remove();
  keys.forEach((key, at) => {
    const on = seen[key] === seen.StateText2;
    const name = seen["FriendlyName" + (at + 1)] || "Relay " + (at + 1);
    let button = place.children[at];
    if (!button) {
      button = h("button", { class: "relay", click: () => flip(button, at + 1) }, h("b", {}), h("span", {}));
      place.append(button);
    }
    if (button.disabled) return;
    button.setAttribute("aria-pressed", on);
    button.firstChild.textContent = seen[key];
    button.lastChild.textContent = name;
  });
}

async function flip(button, relay) {
  const on = button.getAttribute("aria-pressed") === "true";
  button.disabled = true;
  try {
    const [answer] = await run(`Power${relay} ${on ? 0 : 1}`);
    button.firstChild.textContent = Object.values(answer)[0];
    button.setAttribute("aria-pressed", !on);
  } catch (error) {
    say(error.message);
  }
  button.disabled = false;
  button.focus();
}

function drawSensors(place, values) {
  const rows = [];
  for (const [name, value] of Object.entries(values)) {
    if (value && typeof value === "object") {
      for (const [quantity, number] of Object.entries(value)) {
        if (quantity !== "Id") rows.push([`${name} ${quantity}`, number + unit(quantity, values)]);
      }
    } else if (/^Switch/.test(name)) {
      rows.push([name, value]);
    }
  }
  place.replaceChildren(...(rows.length ? [h("div", { class: "card" }, table(rows))] : []));
}

function unit(quantity, values) {
  if (/Temperature|DewPoint/.test(quantity)) return " °" + (values.TempUnit || "C");
  if (quantity === "Humidity") return " %";
  return /Pressure/.test(quantity) ? " " + (values.PressureUnit || "hPa") : "";
}

// ---- forms

const filled = (pattern, about) => pattern
  .replace(/%(\d*)[Xx]/, (_, digits) => about.id.slice(-(parseInt(digits, 10) || 6)))
  .replace("%id%", about.id).replace("%hostname%", about.hostname).replace("%topic%", about.topic);
const becomes = (value, about) => "becomes " + filled(value, about);
const topics = (value, about) => ["cmnd", "stat", "tele"]
  .map((prefix) => filled(value, about).replace("%prefix%", prefix).replace(/\/*$/, "/…")).join("   ");

const FORMS = {
  setup: {
    title: "Set-up", intro: "Which Wi-Fi is the device to join? It restarts then, and this access point is gone.",
    fields: [
      { name: "SSId1", label: "Wi-Fi", size: 32, restarts: true },
      { name: "Password1", label: "Wi-Fi password", size: 63, secret: true, restarts: true, hint: "8 to 63 characters" },
      { name: "MqttHost", label: "MQTT host", size: 32, restarts: true, hint: "name or IP address of the broker; without one the device looks for it" },
      { name: "MqttUser", label: "MQTT user name", size: 32, restarts: true, hint: "from the factory DVES_USER" },
      { name: "MqttPassword", label: "MQTT password", size: 32, secret: true, restarts: true },
      { name: "Topic", label: "Topic", size: 32, restarts: true, hint: "where or what the device is; from the factory sonoff", more: becomes },
    ],
  },
  wifi: {
    title: "Wi-Fi", intro: "Two access points; the second is tried where the first is not in reach.",
    fields: [
      { name: "SSId1", label: "Access point 1", size: 32, restarts: true },
      { name: "Password1", label: "Password 1", size: 63, secret: true, restarts: true, hint: "8 to 63 characters" },
      { name: "SSId2", label: "Access point 2", size: 32, restarts: true },
      { name: "Password2", label: "Password 2", size: 63, secret: true, restarts: true, hint: "8 to 63 characters" },
      { name: "Hostname", label: "Host name", size: 32, restarts: true, hint: "from the factory %s-%04d: the topic and a number" },
    ],
  },
  mqtt: {
    title: "MQTT", intro: "How the device reaches the broker, and what it is called there.",
    fields: [
      { name: "MqttHost", label: "Host", size: 32, restarts: true, hint: "name or IP address of the broker" },
      { name: "MqttPort", label: "Port", number: [1, 65535], restarts: true, hint: "1 to 65535; usual and from the factory 1883" },
      { name: "MqttClient", label: "Client id", size: 32, restarts: true, hint: "unique for each device; from the factory DVES_%06X", more: becomes },
      { name: "MqttUser", label: "User name", size: 32, restarts: true, hint: "from the factory DVES_USER" },
      { name: "MqttPassword", label: "Password", size: 32, secret: true, restarts: true },
      { name: "Topic", label: "Topic", size: 32, restarts: true, hint: "where or what the device is; unique; from the factory sonoff", more: becomes },
      { name: "FullTopic", label: "Full topic", size: 100, restarts: true, hint: "from the factory %prefix%/%topic%", more: topics },
    ],
  },
  other: {
    title: "Other",
    fields: [
      { name: "DeviceName", label: "Device name", size: 32, hint: "the title of these pages" },
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ name: "FriendlyName" + n, label: "Name of relay " + n, size: 32, relay: n })),
      { name: "WebPassword", label: "Web password", size: 32, secret: true, hint: "for the user admin; it is asked for from then on. A blank alone takes it away" },
      { name: "SetOption3", label: "MQTT enable", check: true, restarts: true },
    ],
  },
  module: {
    title: "Module", intro: "What the device is made of.",
    fields: [
      { name: "Module", label: "Module", restarts: true, hint: "0 is the template below" },
      { name: "Template", label: "Template", size: 255, restarts: true, area: true, hint: 'as others publish it: {"NAME":"…","GPIO":[…],"FLAG":0,"BASE":1}' },
    ],
  },
};

async function form(which) {
  const { title: name, intro, fields } = FORMS[which];
  const asked = [...new Set(fields.map((field) => field.name))];
  const values = await show([...asked, "Status", "Status5", ...(which === "module" ? ["Modules"] : [])]);
  const net = values.StatusNET || {};
  const about = { id: (net.Mac || "").replace(/:/g, ""), hostname: net.Hostname, topic: values.Status.Topic };
  const relays = values.Status.FriendlyName.length;
  const parts = fields
    .filter((field) => valueOf(field, values) !== undefined && (!field.relay || field.relay <= relays))
    .map((field) => control(field, valueOf(field, values), about, values));
  const save = h("button", { class: "main" }, "Save");
  const whole = h("form", { class: "card", autocomplete: "off", submit: (event) => {
    event.preventDefault();
    keep(parts, save, about);
  } }, parts.map((part) => part.element), save);
  put(title(name), h("p", {}, intro || ""), which === "wifi" && facts.scan ? air() : null, whole, link("configuration", "Configuration"));
}

// What is in the air; a press takes a name into the form.
function air() {
  const found = h("div", { class: "helps" });
  const take = (name) => {
    const input = document.getElementById("f-SSId1");
    input.value = name;
    input.dispatchEvent(new Event("input"));
    document.getElementById("f-Password1").focus();
  };
  const scan = h("button", { type: "button", click: async () => {
    scan.disabled = true;
    try {
      const { ssid, channel, dbm, open } = await read("/scan");
      found.replaceChildren(...ssid.map((name, at) => h("p", {}, h("button", { type: "button", click: () => take(name) }, name),
        `${dbm[at]} dBm, channel ${channel[at]}${open[at] ? ", open" : ""}`)));
      if (!ssid.length) say("Nothing is in the air.");
    } catch (error) {
      say(error.message);
    }
    scan.disabled = false;
  } }, "Scan");
  return h("div", { class: "card" }, scan, found);
}

function valueOf(field, values) {
  if (field.name === "Template") return values.NAME === undefined ? undefined : JSON.stringify(
    { NAME: values.NAME, GPIO: values.GPIO, FLAG: values.FLAG, BASE: values.BASE });
  const value = values[field.name];
  if (field.name === "Module" && value) return Object.keys(value)[0];
  return value;
}

function control(field, value, about, values) {
  const id = "f-" + field.name;
  const wrong = h("small", { class: "wrong", id: id + "-wrong", role: "alert" });
  if (field.check) {
    const input = h("input", { type: "checkbox", id });
    input.checked = facts.mqtt === 1;
    const before = input.checked;
    const element = h("div", { class: "field" }, h("label", { for: id }, input, field.label), wrong);
    return { field, element, wrong, input, changed: () => input.checked !== before, wanted: () => (input.checked ? "1" : "0") };
  }
  const first = field.secret ? "" : String(value);
  const input = field.name === "Module" ? choice(id, first, values) : h(field.area ? "textarea" : "input", {
    id, maxlength: field.size, "aria-describedby": id + "-hint " + id + "-wrong", autocomplete: field.secret ? "new-password" : "off",
    type: field.area ? null : field.secret ? "password" : field.number ? "number" : "text", spellcheck: "false",
    min: field.number && field.number[0], max: field.number && field.number[1], required: !!field.number,
    placeholder: field.secret ? "unchanged" : null, rows: field.area ? 4 : null, autocapitalize: "none",
  });
  input.value = first;
  const hint = h("small", { id: id + "-hint" });
  const size = field.size ? `at most ${field.size} characters` : "";
  const tell = () => {
    const more = field.more && input.value ? field.more(input.value, about) : "";
    hint.replaceChildren([size, field.hint].filter(Boolean).join("; "), ...(more ? [h("br"), more] : []));
  };
  input.addEventListener("input", tell);
  tell();
  const element = h("div", { class: "field" }, h("label", { for: id }, field.label), input, hint, wrong);
  return { field, element, wrong, input, changed: () => input.value !== first, wanted: () => input.value.trim() || '"' };
}

function choice(id, first, values) {
  const known = Object.entries(values.Modules || {});
  const now = Object.values(values.Module)[0];
  if (!known.some(([number]) => number === first)) known.push([first, now]);
  return h("select", { id }, known.map(([number, name]) => h("option", { value: number }, `${name} (${number})`)));
}

async function keep(parts, save, about) {
  const changed = parts.filter((part) => part.changed());
  parts.forEach((part) => (part.wrong.textContent = ""));
  const odd = changed.find((part) => !part.field.check && !part.field.number && part.field.name !== "Module" && /^[01"]$/.test(part.input.value));
  if (odd) {
    odd.wrong.textContent = "0, 1 and \" alone have a meaning of their own.";
    return odd.input.focus();
  }
  if (!changed.length) return say("Nothing has changed.");
  save.disabled = true;
  try {
    const answers = await run(...changed.map((part) => `${part.field.name} ${part.wanted()}`));
    const refused = changed.filter((part, at) => !taken(part, answers[at]));
    refused.forEach((part) => (part.wrong.textContent = "Refused: the old value stays."));
    say(refused.length ? "Not everything was taken." : "Saved.");
    if (changed.some((part) => part.field.restarts && !refused.includes(part))) {
      if (facts.setup && !refused.length) return farewell(about, parts.find((part) => part.field.name === "Topic").input.value);
      await restarted();
      if (!refused.length) {
        await open();
        say("Saved; the device is back.");
      }
    }
  } catch (error) {
    say(error.message);
  }
  save.disabled = false;
}

// The device leaves this access point: who follows it finds it under its name.
function farewell(about, topic) {
  visit++;
  // From the factory the name begins with the topic.
  const name = about.hostname.startsWith(about.topic + "-") ? topic + about.hostname.slice(about.topic.length) : about.hostname;
  put(title("Saved"), h("div", { class: "card" },
    h("p", {}, `The device joins your Wi-Fi now. Join it, too, and open ${name}.local in the browser.`),
    h("p", {}, "If it does not appear there, the password may be wrong: press its button six times, and it can be set up again.")));
}

function taken(part, answer) {
  const { field, input } = part;
  if (answer.Command) return false;
  if (field.secret || field.check || field.area || field.name === "Module") return true;
  const [value] = Object.values(answer);
  const same = String(value) === input.value.trim() || !input.value.trim();
  return same || (field.name === "FullTopic" && String(value).replace(/\/$/, "") === input.value.trim().replace(/\/$/, ""));
}

// ---- configuration

function configuration() {
  const links = [["module", "Module"], ["wifi", "Wi-Fi"], ["mqtt", "MQTT"], ["other", "Other"], ["backup", "Backup and restore"], ["reset", "Reset"]];
  put(title("Configuration"), h("nav", { "aria-label": "Configuration" },
    links.filter(([to]) => to !== "mqtt" || facts.mqtt).map(([to, text]) => link(to, text))));
}

const flags = ["ButtonRetain", "SwitchRetain", "PowerRetain", "SensorRetain", "StateRetain", "InfoRetain", "StatusRetain"];
const family = (name, count) => Array.from({ length: count }, (_, at) => name + (at + 1));
// Those that restart the device come last, so that all is taken before it does.
const LAST = ["WifiConfig", "Hostname", "SSId1", "SSId2", "MqttUser", "MqttClient", "MqttHost", "MqttHost2", "MqttHost3", "MqttPort",
  "MqttPort2", "MqttPort3", ...family("Prefix", 3), ...family("GroupTopic", 4), "FullTopic", "Topic"];
const SETTINGS = [
  "DeviceName", ...family("FriendlyName", 8), "PowerOnState", "BlinkTime", "BlinkCount", ...family("PulseTime", 8), "TelePeriod",
  "MqttRetry", "MqttKeepAlive", "MqttTimeout", "ButtonTopic", "SwitchTopic", "ButtonDebounce", "SwitchDebounce",
  ...family("SwitchMode", 8), ...family("SwitchText", 8), "LedState", "LedMask", "SerialLog", "WebLog", "MqttLog", "SysLog",
  "LogHost", "LogPort", "Sleep", "GroupState", "RetainedCommands", "Timezone", ...family("NtpServer", 3), "TempRes", "HumRes", "PressRes",
  "TempOffset", "HumOffset", "Altitude", ...flags, ...family("StateText", 4), ...LAST,
];
const OPTIONS = Array.from({ length: 147 }, (_, n) => "SetOption" + n).filter((name) => name !== "SetOption3");

// What a command must be given to show this again; undefined for what cannot be.
function argument(name, value, words) {
  if (value && typeof value === "object") return "Set" in value ? value.Set : Object.keys(value)[0];
  if (value === words[1] && (flags.includes(name) || /^SetOption|^GroupState/.test(name))) return 1;
  if (value === words[0] && (flags.includes(name) || /^SetOption|^GroupState/.test(name))) return 0;
  return value === "" ? '"' : value;
}

async function saved() {
  const lines = [];
  const values = {};
  for (const names of [SETTINGS.slice(0, 45), SETTINGS.slice(45), OPTIONS.slice(0, 75), OPTIONS.slice(75)]) {
    Object.assign(values, await show(names));
  }
  const words = [values.StateText1, values.StateText2];
  for (const name of [...OPTIONS, ...SETTINGS]) {
    if (name in values) lines.push(`${name} ${argument(name, values[name], words)}`);
  }
  return `# ${document.title}, settings without passwords\n${lines.join("\n")}\n`;
}

function backup() {
  const chosen = h("input", { type: "file", id: "file", accept: ".txt,text/plain" });
  put(title("Backup and restore"),
    h("div", { class: "card" }, h("p", {}, "A text file with all settings but the passwords, which never leave the device."),
      h("button", { class: "main", click: download }, "Download backup")),
    h("div", { class: "card" }, h("div", { class: "field" }, h("label", { for: "file" }, "Restore from a file"), chosen),
      h("button", { click: () => restore(chosen) }, "Restore")),
    link("configuration", "Configuration"));
}

async function download() {
  const file = new Blob([await saved()], { type: "text/plain" });
  const a = h("a", { href: URL.createObjectURL(file), download: "sonoff-settings.txt" });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}

// The whole file is looked at before anything changes.
async function restore(chosen) {
  if (!chosen.files.length) return say("Choose a file first.");
  const lines = (await chosen.files[0].text()).split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  const known = new Set([...SETTINGS, ...OPTIONS]);
  const odd = lines.findIndex((line) => !known.has(line.split(" ")[0]) || !/^\w+ \S/.test(line));
  if (odd >= 0 || !lines.length) return say(`No backup: ${lines[odd] || "the file is empty"}. Nothing has changed.`);
  const order = (line) => LAST.indexOf(line.split(" ")[0]);
  lines.sort((one, other) => order(one) - order(other));
  try {
    say("Restoring…");
    const now = new Set((await saved()).split("\n"));
    const wanted = lines.filter((line) => !now.has(line));
    const answers = await run(...wanted);
    const refused = wanted.filter((_, at) => answers[at].Command);
    if (wanted.some((line) => order(line) >= 0)) await restarted();
    say(refused.length ? "Refused: " + refused.join(", ") : "Restored.");
  } catch (error) {
    say(error.message);
  }
}

// A press asks, a second one does it.
function twice(text, question, action) {
  const button = h("button", { class: "bad", click: () => {
    if (button.textContent === question) return action(button);
    button.textContent = question;
    setTimeout(() => (button.textContent = text), 5000);
  } }, text);
  return button;
}

function reset() {
  put(title("Reset"), h("div", { class: "card" },
    h("p", {}, "All settings become those of the factory; the device restarts."),
    twice("Reset to factory settings", "Really reset everything?", () => end("Reset 1"))),
  link("configuration", "Configuration"));
}

async function end(command) {
  try {
    await run(command);
    await restarted();
    location.hash = "#/";
  } catch (error) {
    say(error.message);
  }
}

function restart() {
  put(title("Restart"), h("div", { class: "card" }, h("p", {}, "Relays keep their state as far as the device can."),
    twice("Restart the device", "Really restart?", () => end("Restart 1"))), link("", "Main page"));
}

function firmware() {
  put(title("Firmware"), h("div", { class: "card" }, h("p", {}, "This version cannot be updated over the network yet: updates come with a later one.")),
    link("", "Main page"));
}

// ---- information

async function information() {
  const seen = await show(["Status0", "Module"]);
  const { StatusFWR: made = {}, StatusPRM: prm = {}, StatusNET: net = {}, StatusMQT: mqtt = {}, StatusSTS: state = {}, Status: status } = seen;
  const wifi = state.Wifi || {};
  const own = await show(["FullTopic"]);
  const about = { id: (net.Mac || "").replace(/:/g, ""), hostname: net.Hostname, topic: status.Topic };
  const card = (name, rows) => [h("h2", {}, name), h("div", { class: "card" }, table(rows))];
  put(title("Information"),
    ...card("Device", [["Version", made.Version], ["Module", seen.Module && Object.values(seen.Module)[0]], ["Hardware", made.Hardware],
      ["Uptime", state.Uptime], ["Restart reason", prm.RestartReason], ["Boots", prm.BootCount], ["Free memory", state.Heap + " KB"],
      ["Names", status.FriendlyName.join(", ")]]),
    ...card("MQTT", [["State", mqttState()], ["Host", mqtt.MqttHost && `${mqtt.MqttHost}:${mqtt.MqttPort}`], ["Client id", mqtt.MqttClient],
      ["User", mqtt.MqttUser], ["Topic", status.Topic], ["Group topic", prm.GroupTopic], ["Full topic", topics(own.FullTopic || "", about)],
      ["Fallback topic", mqtt.MqttClient && `cmnd/${mqtt.MqttClient}/…`]]),
    ...card("Network", [["Host name", net.Hostname], ["IP address", net.IPAddress], ["Gateway", net.Gateway], ["Subnet mask", net.Subnetmask],
      ["Name server", net.DNSServer1], ["MAC", net.Mac], ["Access point", wifi.SSId && `${wifi.SSId} (${wifi.RSSI} %, channel ${wifi.Channel})`]]),
    link("", "Main page"));
}

// ---- console

const past = [];

async function consolePage() {
  const log = h("pre", { class: "card", role: "log", "aria-label": "Log", tabindex: "0" });
  const line = h("input", { id: "line", autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": "helps" });
  const helps = h("div", { class: "helps", id: "helps" });
  const print = (text) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.append(text + "\n");
    while (log.childNodes.length > 300) log.firstChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  let place = past.length;
  line.addEventListener("input", () => complete(line, helps));
  line.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    place = Math.max(0, Math.min(past.length, place + step));
    line.value = past[place] || "";
  });
  const whole = h("form", { submit: async (event) => {
    event.preventDefault();
    const command = line.value.trim();
    if (!command) return;
    line.value = "";
    place = past.push(command);
    try {
      for (const answer of await run(command)) print(JSON.stringify(answer));
    } catch (error) {
      print(error.message);
    }
  } }, h("label", { for: "line" }, "Command"), line, helps);
  put(title("Console"), log, whole, link("", "Main page"));
  line.focus();
  let after = 0;
  await every(1000, async () => {
    const { next, lines } = await read("/log?after=" + after);
    after = next;
    lines.forEach(print);
    await learn();
  });
}

async function complete(line, helps) {
  const typed = line.value;
  if (!typed.trim()) return helps.replaceChildren();
  const found = await read("/complete?" + field("line", typed));
  if (line.value !== typed) return;
  const names = Object.entries(found);
  helps.replaceChildren(...(names.length === 1
    ? [h("b", {}, names[0][0]), ": " + names[0][1].takes, h("br"), names[0][1].does]
    : names.map(([name]) => h("button", { type: "button", click: () => {
      line.value = typed.replace(/[^\s;]*$/, name + " ");
      line.focus();
      complete(line, helps);
    } }, name))));
}

// ---- which page

const PAGES = { "": home, configuration, information, firmware, restart, backup, reset, console: consolePage };

async function open() {
  visit++;
  say("");
  const name = location.hash.replace(/^#\/?/, "");
  try {
    await learn();
    const page = (facts.setup && !name && (() => form("setup"))) || PAGES[name] || (FORMS[name] && (() => form(name))) || home;
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
    await page();
  } catch (error) {
    put(title("No answer"), h("p", { class: "card" }, error.message || "The device does not answer."), link("", "Try again"));
  }
}

addEventListener("hashchange", open);
open();
