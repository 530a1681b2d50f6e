// Drives a headless Chromium over its debugging protocol, as lines on standard input say, and tells what it sees.
//
//   open /path            click text             fill label = value      check label         file label = path
//   press Enter           wait text              gone text               shot file WIDTHxHEIGHT
//   login user:password   eval expression        end
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const WebSocket = require("ws");

const [program, base, folder] = process.argv.slice(2);
const LIMIT = 20000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const errors = [];
const foreign = [];

async function start() {
  const browser = spawn(program, [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--no-proxy-server", "--hide-scrollbars",
    "--remote-debugging-port=0", `--user-data-dir=${path.join(folder, "profile")}`, "about:blank",
  ], { detached: true });
  // What is started is a script that starts the browser, which starts many more: all end together.
  process.on("exit", () => process.kill(-browser.pid, "SIGKILL"));
  const port = await new Promise((found, failed) => {
    readline.createInterface({ input: browser.stderr }).on("line", (line) => {
      const match = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(line);
      if (match) found(match[1]);
    });
    browser.on("exit", () => failed(new Error("the browser has ended")));
  });
  for (;;) {
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const page = pages.find(({ type }) => type === "page");
    if (page) return page.webSocketDebuggerUrl;
    await pause(50);
  }
}

async function connect(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 28 });
  await new Promise((done) => socket.on("open", done));
  const waiting = new Map();
  let last = 0;
  socket.on("message", (data) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (!id) return heard(method, params);
    const { done, failed } = waiting.get(id);
    waiting.delete(id);
    if (error) failed(new Error(error.message));
    else done(result);
  });
  return (method, params = {}) => new Promise((done, failed) => {
    waiting.set(++last, { done, failed });
    socket.send(JSON.stringify({ id: last, method, params }));
  });
}

// A device that restarts does not answer for a moment: such failures are no errors of the pages.
function heard(method, params) {
  if (method === "Runtime.exceptionThrown") errors.push(JSON.stringify(params.exceptionDetails));
  if (method === "Runtime.consoleAPICalled" && params.type === "error") errors.push(JSON.stringify(params.args));
  if (method === "Log.entryAdded" && params.entry.level === "error" && !/net::ERR_|401|429/.test(params.entry.text)) {
    errors.push(`${params.entry.text} ${params.entry.url}`);
  }
  if (method === "Network.requestWillBeSent") {
    const { url } = params.request;
    if (!url.startsWith(base) && !/^(data|blob|about):/.test(url)) foreign.push(url);
  }
}

// These run in the page.
const CLICK = (text) => {
  const found = [...document.querySelectorAll("button, a, summary")].find((one) => one.textContent.includes(text) && !one.disabled);
  found?.click();
  return !!found;
};
const LABELLED = (text) => {
  const label = [...document.querySelectorAll("label")].find((one) => one.textContent.trim() === text);
  return label && document.getElementById(label.htmlFor);
};
const SHOWN = (text) => !!document.body?.innerText.includes(text);

async function main() {
  const send = await connect(await start());
  for (const domain of ["Page", "Runtime", "Log", "Network", "DOM"]) await send(domain + ".enable");
  await send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  const run = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  };
  const call = (body, ...values) => run(`(${body})(${values.map((value) => JSON.stringify(value)).join(",")})`);
  const until = async (step, what) => {
    for (const end = Date.now() + LIMIT; Date.now() < end; await pause(50)) {
      if (await step()) return;
    }
    throw new Error(`${what}: not there; there is: ${await run("document.body?.innerText")}`);
  };
  const set = (label, body, value) => until(() => call(`(label, value) => {
    const input = (${LABELLED})(label);
    if (!input) return false;
    (${body})(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }`, label, value), label);

  const orders = {
    open: async (to) => send("Page.navigate", { url: base + to }),
    click: (text) => until(() => call(CLICK, text), text),
    fill: (label, value) => set(label, "(input, value) => { input.value = value; }", value),
    check: (label) => set(label, "(input) => input.click()"),
    file: async (label, name) => {
      const { root } = await send("DOM.getDocument");
      const id = await call(`(label) => (${LABELLED})(label).id`, label);
      const { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector: "#" + id });
      await send("DOM.setFileInputFiles", { nodeId, files: [name] });
    },
    press: async (key) => {
      for (const type of ["keyDown", "keyUp"]) {
        await send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: 13, text: type === "keyDown" ? "\r" : "" });
      }
    },
    wait: (text) => until(() => call(SHOWN, text), text),
    gone: (text) => until(async () => !(await call(SHOWN, text)), "no " + text),
    shot: async (words) => {
      const [name, width, height] = words.split(/[ x]/);
      await send("Emulation.setDeviceMetricsOverride", { width: +width, height: +height, deviceScaleFactor: 1, mobile: +width < 500 });
      await pause(300);
      const { data } = await send("Page.captureScreenshot", { format: "png" });
      fs.writeFileSync(path.join(folder, name), Buffer.from(data, "base64"));
    },
    login: async (login) => send("Network.setExtraHTTPHeaders", { headers: { Authorization: "Basic " + btoa(login) } }),
    eval: async (expression) => console.log("value " + JSON.stringify(await run(expression))),
    end: async () => {
      console.log(`errors ${JSON.stringify(errors)}`);
      console.log(`foreign ${JSON.stringify(foreign)}`);
      process.exit(0);
    },
  };

  console.log("ready");
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [, order, rest] = /^(\w+) ?(.*)$/.exec(line);
    const [first, second] = ["fill", "file"].includes(order) ? rest.split(/ = (.*)/s) : [rest];
    await orders[order](first, second);
    console.log("done " + line);
  }
  process.exit(0);
}

main().catch((error) => {
  console.log("failed " + error.message);
  process.exit(1);
});
