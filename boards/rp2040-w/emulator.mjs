// Runs an image in rp2040js, without a radio, and lets a program play the world around it, line by line:
//
//   in    run 500             500 milliseconds pass; "ran 500" follows
//         type power on       typed at the console, with its end of line
//         pin 14 low          the world pulls a pin low; high is where it leaves them
//         cut                 the power fails for a moment
//         cut 70              the same, when 70 more bytes of flash have been programmed, or 64 times as many erased
//         hang                the program does nothing any more
//         fault               the program does what no program may
//         flash 1f0000 00ff   bytes come into the flash
//         stack               "stack 3000" follows: the most bytes of it that were ever in use
//   out   console ...         a line of the console
//         1234.567 pin 15 high    what a pin does, with the milliseconds since the first start; "input" is neither
//         1234.567 reset forced   why the chip starts anew: power, forced, timer
//         1234.567 pulled 14 low, 1234.567 hangs    when the world did that
//
// Time passes only in "run", and is counted in instructions: the same lines in give the same lines out.

import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, image] = process.argv.slice(2);
const entry = createRequire(pathToFileURL(`${packages}/`)).resolve('rp2040js');
const { RP2040, GPIOPinState } = createRequire(import.meta.url)(entry);

const FLASH = 2 << 20;
const FLASH_AT = 0x10000000;
const VECTORS = 0x100;
const CYCLE = 1e9 / 125e6;
const UNIQUE_ID = [0xe6, 0x61, 0x64, 0x08, 0x43, 0x12, 0x34, 0x56];
const WATCHDOG = 0x40058;
const RADIO = [23, 24, 25, 29];

const say = (line) => process.stdout.write(`${line}\n`);

/// What outlives a reset: the flash, the pins as the world and the chip drive them, and the time.
const world = { flash: new Uint8Array(FLASH).fill(0xff), pins: new Map(), driven: new Map(), before: 0, chip: null, hangs: false, lasts: 0, deepest: Infinity };

const now = () => ((world.before + (world.chip?.clock.nanos ?? 0)) / 1e6).toFixed(3);

/// What the boot loader makes of a UF2 file, and what it checks before it starts the program.
function flash(file) {
  for (let at = 0; at < file.length; at += 512) {
    const [address, bytes] = [file.readUInt32LE(at + 12), file.readUInt32LE(at + 16)];
    world.flash.set(file.subarray(at + 32, at + 32 + bytes), address - FLASH_AT);
  }
  const crc = world.flash.subarray(0, VECTORS - 4).reduce((crc, byte) => {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
    return crc;
  }, -1);
  const wanted = new DataView(world.flash.buffer).getInt32(VECTORS - 4, true);
  if (crc !== wanted) say(`${now()} emulator: the second stage of the boot loader is broken`);
}

/// A boot ROM whose functions are done here: each is a breakpoint and a return.
function bootRom(chip, functions) {
  const rom = new Uint8Array(16 << 10);
  const view = new DataView(rom.buffer);
  const codes = new Map();
  const at = new Map();
  const define = (name, action) => {
    const number = codes.size + 1;
    const address = 0x100 + 4 * number;
    view.setUint16(address, 0xbe00 | number, true);
    view.setUint16(address + 2, 0x4770, true);
    codes.set(number, action);
    at.set(name.charCodeAt(0) | (name.charCodeAt(1) << 8), address | 1);
    return address | 1;
  };
  for (const [names, action] of Object.entries(functions)) names.split(' ').forEach((name) => define(name, action));
  const look = define('??', (r) => { r[0] = at.get(r[1]) ?? 0; });
  rom.set([0x4d, 0x75, 0x01], 0x10);
  view.setUint16(0x18, look, true);
  chip.loadBootrom(new Uint32Array(rom.buffer));
  chip.onBreak = (number) => {
    const action = codes.get(number);
    if (action) action(chip.core.registers);
    else say(`${now()} breakpoint ${number}`);
  };
}

function romFunctions(chip) {
  const bytes = (from, count) => Array.from({ length: count }, (_, i) => chip.readUint8((from + i) >>> 0));
  const change = (to, values, make, effort) => values.forEach((value, i) => {
    if (chip.ends) return;
    chip.flash[to + i] = make(chip.flash[to + i], value);
    const lasted = world.lasts > 0;
    world.lasts -= effort;
    if (lasted && world.lasts <= 0) chip.ends = 'power';
  });
  const put = (to, values) => values.forEach((value, i) => chip.writeUint8((to + i) >>> 0, value));
  return {
    'IF EX FC CX': () => {},
    'MC C4': (r) => put(r[0], bytes(r[1], r[2])),
    'MS S4': (r) => put(r[0], new Array(r[2]).fill(r[1] & 0xff)),
    RE: ([from, count]) => change(from, new Array(count).fill(0xff), (_, value) => value, 1 / 64),
    // Programming only clears bits.
    RP: ([to, from, count]) => change(to, bytes(from, count), (old, value) => old & value, 1),
  };
}

/// Registers that rp2040js 1.4.1 lacks, or that do not behave as the chip's do.
function mend(chip) {
  // The unmapped cache control reads as "busy".
  chip.peripherals[(0x14000000 >>> 14) << 2] = plain(new Map());
  // Of a start: by power or by the RUN pin. rp2040js tells neither.
  chip.peripherals[0x40064] = plain(new Map([[8, 0x100]]));
  // A random bit, from a sequence that is the same in every run.
  let random = 0x2545f491;
  chip.peripherals[0x40060] = plain(new Map(), (offset) => {
    if (offset !== 0x1c) return 0x80001000;
    random = (random ^ (random << 13)) | 0;
    random ^= random >>> 17;
    random = (random ^ (random << 5)) | 0;
    return random & 1;
  });
  chip.uart.forEach((uart) => mendUart(chip, uart));
  mendFlashId(chip.peripherals[0x18000]);
}

/// Unknown registers are no news. An event that a program signals to itself is told here and nowhere else.
function logger(chip) {
  const quiet = () => {};
  const info = (_, message) => { if (message === 'SEV') chip.core.eventRegistered = true; };
  return { debug: quiet, info, warn: quiet, error: (part, message) => say(`${now()} emulator: ${part}: ${message}`) };
}

function plain(registers, read = (offset) => registers.get(offset) ?? 0) {
  return { readUint32: read, writeUint32() {}, writeUint32Atomic() {} };
}

/// No DMA register, and a transmit interrupt that can never be cleared.
function mendUart(chip, uart) {
  const [read, write] = [uart.readUint32.bind(uart), uart.writeUint32.bind(uart)];
  const [DATA, DMA, TRANSMITTED] = [0, 0x48, 1 << 5];
  let dma = 0;
  uart.checkInterrupts = () => chip.setInterrupt(uart.irq, !!(uart.interruptStatus & uart.interruptMask));
  uart.readUint32 = (offset) => (offset === DMA ? dma : read(offset));
  uart.writeUint32 = (offset, value) => {
    if (offset === DMA) {
      dma = value & 7;
      return;
    }
    write(offset, value);
    if (offset === DATA) {
      uart.interruptStatus |= TRANSMITTED;
      uart.checkInterrupts();
    }
  };
}

/// The flash answers one command: its unique number, behind four bytes of nothing.
function mendFlashId(bus) {
  const [read, write] = [bus.readUint32.bind(bus), bus.writeUint32.bind(bus)];
  const [DATA, UNIQUE] = [0x60, 0x4b];
  let answer = [];
  bus.readUint32 = (offset) => (offset === DATA && answer.length > 0 ? answer.shift() : read(offset));
  bus.writeUint32 = (offset, value) => {
    if (offset === DATA && (value & 0xff) === UNIQUE) answer = [0, 0, 0, 0, ...UNIQUE_ID];
    write(offset, value);
  };
}

/// A chip that starts with this flash; `old` is what a reset without a power cut leaves.
function start(reason, old) {
  const chip = new RP2040();
  chip.logger = logger(chip);
  bootRom(chip, romFunctions(chip));
  mend(chip);
  chip.flash.fill(0xff).set(world.flash);
  const watchdog = chip.peripherals[WATCHDOG];
  if (old) {
    chip.sram.set(old.sram);
    watchdog.scratchData.set(old.peripherals[WATCHDOG].scratchData);
    watchdog.reason = reason === 'timer' ? 1 : 2;
  }
  watchdog.onWatchdogTrigger = () => {
    chip.ends = watchdog.reason === 1 ? 'timer' : 'forced';
    watchdog.alarm.enable = false;
  };
  chip.gpio.forEach((pin, number) => {
    pin.setInputValue(world.pins.get(number) ?? true);
    if (!RADIO.includes(number)) pin.addListener((state) => tell(number, shown(state)));
  });
  let line = '';
  chip.uart[0].onByte = (byte) => {
    if (byte === 10) say(`console ${line}`);
    line = byte === 10 ? '' : byte === 13 ? line : line + String.fromCharCode(byte);
  };
  chip.core.VTOR = FLASH_AT + VECTORS;
  chip.core.SP = chip.flashView.getUint32(VECTORS, true);
  chip.core.PC = chip.flashView.getUint32(VECTORS + 4, true) & ~1;
  say(`${now()} reset ${reason}`);
  return chip;
}

function shown(state) {
  return state === GPIOPinState.High ? 'high' : state === GPIOPinState.Low ? 'low' : 'input';
}

function tell(number, level) {
  if ((world.driven.get(number) ?? 'input') === level) return;
  world.driven.set(number, level);
  say(`${now()} pin ${number} ${level}`);
}

/// The chip starts anew. Its pins let go of everything first.
function restart(reason, old) {
  const last = world.chip;
  world.flash.set(last.flash.subarray(0, FLASH));
  for (const number of world.driven.keys()) tell(number, 'input');
  world.before += last.clock.nanos;
  world.chip = null;
  world.hangs = false;
  world.lasts = 0;
  world.chip = start(reason, old);
}

/// One instruction, or the time until something happens, but no more than `most` nanoseconds.
function step(chip, most) {
  const { core, clock } = chip;
  if (!core.waiting && !world.hangs) {
    const cycles = core.executeInstruction();
    if (core.SP < world.deepest) world.deepest = core.SP;
    clock.tick(cycles * CYCLE);
    for (const pio of chip.pio) for (let i = 0; i < cycles && !pio.stopped; i++) pio.step();
    return;
  }
  const next = world.hangs ? 1e6 : clock.nanosToNextAlarm || most;
  clock.tick(Math.max(Math.min(next, most), 1));
}

function run(milliseconds) {
  const end = world.before + world.chip.clock.nanos + milliseconds * 1e6;
  for (;;) {
    const left = end - world.before - world.chip.clock.nanos;
    if (left <= 0) return;
    step(world.chip, left);
    const why = world.chip.ends;
    if (why) restart(why, why === 'power' ? null : world.chip);
  }
}

/// A byte takes its time on the wire: 115,200 bits per second.
function type(text) {
  for (const byte of Buffer.from(`${text}\n`)) {
    world.chip.uart[0].feedByte(byte);
    run(10 / 115.2);
  }
}

const COMMANDS = {
  run: (text) => {
    run(Number(text));
    say(`ran ${text}`);
  },
  type,
  pin: (text) => {
    const [number, level] = text.split(' ');
    world.pins.set(Number(number), level === 'high');
    world.chip.gpio[Number(number)].setInputValue(level === 'high');
    say(`${now()} pulled ${text}`);
  },
  stack: () => say(`stack ${world.chip.flashView.getUint32(VECTORS, true) - world.deepest}`),
  cut: (text) => {
    world.lasts = Number(text);
    if (!text) restart('power', null);
  },
  flash: (text) => {
    const [address, bytes] = text.split(' ');
    world.chip.flash.set(Buffer.from(bytes, 'hex'), Number.parseInt(address, 16));
  },
  hang: () => {
    world.hangs = true;
    say(`${now()} hangs`);
  },
  fault: () => {
    const HARD_FAULT = 3;
    world.chip.core.exceptionEntry(HARD_FAULT);
    world.chip.core.waiting = false;
  },
};

flash(readFileSync(image));
world.chip = start('power', null);
for await (const line of createInterface({ input: process.stdin })) {
  const [word] = line.split(' ', 1);
  COMMANDS[word]?.(line.slice(word.length + 1));
}
process.exit(0);
