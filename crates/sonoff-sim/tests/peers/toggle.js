'use strict';
// Toggles a device: toggle.js PORT TOPIC INTERVAL_MS TIMES. What is sent depends on the state that was heard last.

const mqtt = require('mqtt');

const PATIENCE_MS = 25000;
const [port, device, interval, times] = process.argv.slice(2);
const command = `cmnd/${device}/power`;
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`);
let left = Number(times);

const patience = setTimeout(() => {
  console.log('nothing came');
  process.exit(1);
}, PATIENCE_MS);

function send(state) {
  console.log(`sent ${command} ${state}`);
  client.publish(command, state);
}

function sendOpposite(state) {
  if (left === 0) {
    clearTimeout(patience);
    client.end();
    return;
  }
  left -= 1;
  setTimeout(send, Number(interval), state === 'ON' ? 'OFF' : 'ON');
}

client.on('connect', () => {
  console.log('connected');
  client.subscribe([`stat/${device}/+`, `tele/${device}/+`], () => {
    client.publish(`cmnd/${device}/status`, '');
    sendOpposite('OFF');
  });
});

client.on('message', (topic, payload) => {
  console.log(`heard ${topic} ${payload}`);
  if (topic === `stat/${device}/POWER`) {
    sendOpposite(payload.toString());
  }
});
