"""Runs the image on Unicorn, an emulator of instructions, with what it touches of the chip around it.

    python3 emulator.py IMAGE TRANSCRIPT

prints what was seen, a line for each check, and fails at the first thing that is not as it should be. Time passes only while the
program rests, in microseconds of its timer, so that every run is the same. Ethernet has its registers, and no cable.
"""

import random
import struct
import sys

from unicorn import UC_ARCH_ARM, UC_HOOK_CODE, UC_HOOK_INTR, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_SP, UC_CPU_ARM_CORTEX_M33

FLASH, FLASH_BYTES, PAGE, WORD = 0x0800_0000, 0x20_0000, 0x2000, 16
KEPT = FLASH + 0x1E_0000
RAM, RAM_BYTES, PAINT = 0x2000_0000, 0x4_0000, 0xA5
UNIQUE_ID = 0x08FF_F800
RETURN = 0x1000_0000
PERIPHERALS, CORE = 0x4000_0000, 0xE000_0000
TIMER, WATCHDOG, UART, FLASH_REGISTERS, ETHERNET = 0x4000_1800, 0x4000_3000, 0x4000_4800, 0x4002_2000, 0x4002_8000
GREEN, BUTTON, RELAY = 0x4202_0400, 0x4202_0800, 0x4202_1800
CHANCE, POWER, CLOCKS, EDGES = 0x420C_0800, 0x4402_0800, 0x4402_0C00, 0x4402_2000
EDGE_IRQ, UART_IRQ, TIMER_IRQ = 24, 60, 120
CHECK_BITS, BANK_2 = 1 << 31, 1 << 22
# What the chip says of a reset: the pin's flag is always there.
BY_POWER, BY_PROGRAM, BY_WATCHDOG = 1 << 27 | 1 << 26, 1 << 28 | 1 << 26, 1 << 29 | 1 << 26
PATIENCE_US, WFE, SEV = 8_000_000, b"\x20\xbf", b"\x40\xbf"


class World:
    """What outlives a reset: the flash with the words whose check bits are wrong, the memory, and what is seen."""

    def __init__(self, image):
        self.flash, self.memory, self.torn = bytearray(b"\xff" * FLASH_BYTES), None, set()
        for address, content in segments(image):
            self.flash[address - FLASH:address - FLASH + len(content)] = content
        self.us, self.boots, self.cut_after, self.nmis, self.longest = 0, 0, None, 0, 0


def segments(image):
    data = open(image, "rb").read()
    first, count = struct.unpack_from("<I", data, 28)[0], struct.unpack_from("<H", data, 44)[0]
    for n in range(count):
        kind, at, _, address, size, _ = struct.unpack_from("<6I", data, first + 32 * n)
        if kind == 1 and size:
            yield address, data[at:at + size]


class Chip:
    """The chip from a reset to the next one."""

    def __init__(self, world, why):
        self.world, self.why, self.registers, self.ended = world, why, {}, None
        self.pending, self.enabled, self.typed, self.is_idle, self.text = set(), set(), [], False, bytearray()
        self.pins, self.edges, self.is_pressed, self.fed, self.start = {}, [], False, world.us, world.us
        self.rests, self.is_woken, self.torn_read, self.looked_at, self.words = False, False, False, None, 0
        self.cpu = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.cpu.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M33)
        for base, size in ((FLASH, FLASH_BYTES), (RAM, RAM_BYTES), (RETURN, 0x1000), (UNIQUE_ID & ~0xFFF, 0x1000)):
            self.cpu.mem_map(base, size)
        is_cold = why == BY_POWER or world.memory is None
        self.cpu.mem_write(RAM, bytes([PAINT]) * RAM_BYTES if is_cold else bytes(world.memory))
        self.cpu.mem_write(FLASH, bytes(world.flash))
        self.cpu.mem_write(UNIQUE_ID, b"1\x00'\x00\x01\x51\x34\x32\x36\x36\x38\x39")
        self.cpu.mmio_map(PERIPHERALS, 0x1000_0000, self.read, None, self.write, None)
        self.cpu.mmio_map(CORE, 0x10_0000, self.read_core, None, self.write_core, None)
        self.cpu.hook_add(UC_HOOK_MEM_WRITE, self.program, begin=FLASH, end=FLASH + FLASH_BYTES - 1)
        self.cpu.hook_add(UC_HOOK_MEM_READ, self.look, begin=KEPT, end=FLASH + FLASH_BYTES - 1)
        self.cpu.hook_add(UC_HOOK_INTR, lambda cpu, number, _: self.end(f"exception {number}"))
        self.hear(WFE, self.rest)
        self.hear(SEV, self.wake)
        self.vectors = struct.unpack_from("<147I", world.flash)
        self.cpu.reg_write(UC_ARM_REG_SP, self.vectors[0])
        self.next = self.vectors[1]
        world.boots += 1

    def hear(self, instruction, what):
        program = bytes(self.world.flash[:KEPT - FLASH])
        at = program.find(instruction)
        while at >= 0:
            self.cpu.hook_add(UC_HOOK_CODE, what, begin=FLASH + at, end=FLASH + at)
            at = program.find(instruction, at + 1)

    def end(self, why):
        self.ended = self.ended or why
        self.cpu.emu_stop()

    def rest(self, cpu, address, *_):
        self.rests, self.next = True, address + 2 | 1
        cpu.emu_stop()

    def wake(self, *_):
        self.is_woken = True

    # The flash: a word is programmed with its last piece. Where the power fails, or a page is half erased, check bits are wrong.

    def program(self, cpu, _access, address, _size, value, *_):
        self.words += 1
        if self.world.cut_after == self.words:
            word = address & ~(WORD - 1)
            self.world.torn.add(word)
            self.end("cut")

    def look(self, cpu, _access, address, *_):
        # The instruction that was stopped reads again, and must come to its end.
        word, before = address & ~(WORD - 1), self.looked_at
        self.looked_at = word
        if word != before and word in self.world.torn and not self.registers.get(FLASH_REGISTERS + 0x104, 0) & CHECK_BITS:
            self.registers[FLASH_REGISTERS + 0x104] = CHECK_BITS | BANK_2
            self.torn_read = True
            cpu.emu_stop()

    def erase(self, control):
        page = FLASH + (control >> 31) * 0x10_0000 + (control >> 6 & 0x7F) * PAGE
        self.words += 1
        is_cut = self.world.cut_after == self.words
        size = PAGE // 2 if is_cut else PAGE
        self.world.torn -= set(range(page, page + size, WORD))
        self.cpu.mem_write(page, b"\xff" * size)
        if is_cut:
            self.world.torn |= {page + size - WORD, page + size}
            self.end("cut")

    # Registers.

    def read(self, _cpu, offset, size, *_):
        at = PERIPHERALS + offset & ~3
        value = self.registers.get(at, 0)
        if at == CLOCKS:
            value |= (value & 1) << 1 | (value >> 12 & 1) << 13 | 1 << 5
        elif at == CLOCKS + 0x1C:
            value |= (value & 7) << 3
        elif at == CLOCKS + 0xF0:
            value |= (value >> 26 & 1) << 27
        elif at == CLOCKS + 0xF4:
            value = self.why
        elif at == POWER + 0x14:
            value = 0xE008
        elif at == CHANCE + 4:
            value = 1
        elif at == CHANCE + 8:
            value = random.getrandbits(32)
        elif at == UART + 0x1C:
            value = 0xC0 | bool(self.typed) << 5 | self.is_idle << 4
        elif at == UART + 0x24:
            value = self.typed.pop(0) if self.typed else 0
            self.is_idle = not self.typed
        elif at == TIMER + 0x24:
            value = self.world.us - self.start & 0xFFFF
        elif at in (ETHERNET + 0x1000, ETHERNET + 0x200):
            value &= ~1
        elif at == ETHERNET + 0x204:
            value = 0
        elif at == BUTTON + 0x10:
            value = self.is_pressed << 13
        return value >> 8 * (offset & 3) & (1 << 8 * size) - 1

    def write(self, _cpu, offset, size, value, *_):
        at = PERIPHERALS + offset & ~3
        old = self.registers.get(at, 0)
        if size < 4:
            mask = (1 << 8 * size) - 1 << 8 * (offset & 3)
            value = old & ~mask | value << 8 * (offset & 3) & mask
        if at == UART + 0x20 and value & 0x10:
            self.is_idle = False
        elif at == UART + 0x28:
            self.text.append(value & 0xFF)
        elif at in (RELAY + 0x18, GREEN + 0x18):
            self.drive(at - 0x18, value)
        elif at == TIMER + 0x10:
            value &= old
        elif at == EDGES + 0xC:
            value = old & ~value
        elif at == WATCHDOG and value == 0xAAAA:
            self.world.longest = max(self.world.longest, self.world.us - self.fed)
            self.fed = self.world.us
        elif at == FLASH_REGISTERS + 0x104:
            value &= ~CHECK_BITS
        elif at == FLASH_REGISTERS + 0x28 and value & 0x24 == 0x24:
            self.erase(value)
        self.registers[at] = value

    def drive(self, port, value):
        for pin in range(16):
            level = True if value >> pin & 1 else False if value >> pin + 16 & 1 else None
            if level is not None and self.pins.get((port, pin)) != level:
                self.pins[port, pin] = level
                if (port, pin) == (RELAY, 14):
                    self.edges.append((level, self.world.us))

    def read_core(self, _cpu, offset, *_):
        return self.registers.get(CORE + offset, 0)

    def write_core(self, _cpu, offset, _size, value, *_):
        numbers = {offset % 0x80 * 8 + bit for bit in range(32) if value >> bit & 1}
        match offset & ~0x3F:
            case 0xE100:
                self.enabled |= numbers
            case 0xE180:
                self.enabled -= numbers
            case 0xE200:
                self.pending |= numbers
            case 0xE280:
                self.pending -= numbers
        if offset == 0xED0C and value & 4:
            self.end("reset")
        self.registers[CORE + offset] = value

    # Time and interrupts.

    def interrupts(self):
        control, due = self.registers.get(UART, 0), set(self.pending)
        if control & 0xC0 or control & 0x20 and self.typed or control & 0x10 and self.is_idle:
            due.add(UART_IRQ)
        if self.registers.get(TIMER + 0x10, 0) & self.registers.get(TIMER + 0xC, 0):
            due.add(TIMER_IRQ)
        if self.registers.get(EDGES + 0xC, 0) & self.registers.get(EDGES + 0x80, 0):
            due.add(EDGE_IRQ)
        return sorted(due & self.enabled)

    def wait(self, end):
        """To the timer's next event, or to the end."""
        here, wanted = self.world.us - self.start & 0xFFFF, self.registers.get(TIMER + 0xC, 0)
        events = [(0x1_0000 - here, 1)]
        for n in range(2):
            if wanted >> n + 1 & 1:
                at = self.registers.get(TIMER + 0x34 + 4 * n, 0) & 0xFFFF
                events.append(((at - here - 1) % 0x1_0000 + 1, 2 << n))
        step = min(events)[0]
        step = min(step, end - self.world.us)
        self.world.us += step
        for after, flag in events:
            if after == step:
                self.registers[TIMER + 0x10] = self.registers.get(TIMER + 0x10, 0) | flag
        if self.world.us - self.fed > PATIENCE_US:
            self.ended = "watchdog"

    def call(self, handler):
        """An interrupt is a function that leaves everything as it was."""
        kept = self.cpu.context_save()
        self.cpu.reg_write(UC_ARM_REG_SP, self.cpu.reg_read(UC_ARM_REG_SP) - 0x68 & ~7)
        self.cpu.reg_write(UC_ARM_REG_LR, RETURN | 1)
        self.cpu.emu_start(handler | 1, RETURN, count=10_000_000)
        if not self.ended:
            assert self.cpu.reg_read(UC_ARM_REG_PC) & ~1 == RETURN, "an interrupt does not end"
            self.cpu.context_restore(kept)

    def run(self, ms):
        """Lets so much time pass, or less where the run ends before; tells why it ended."""
        end = self.world.us + ms * 1000
        while self.world.us < end and not self.ended:
            self.rests = False
            self.cpu.emu_start(self.next, 0xFFFF_FFFE, count=50_000_000)
            if self.torn_read:
                self.torn_read, self.next = False, self.cpu.reg_read(UC_ARM_REG_PC) | 1
                self.world.nmis += 1
                self.call(self.vectors[2])
                continue
            if self.rests and self.is_woken:
                self.is_woken = False
                continue
            if not self.rests and not self.ended:
                self.ended = f"stuck at {self.cpu.reg_read(UC_ARM_REG_PC):#x}"
            while not self.ended and not self.interrupts() and self.world.us < end:
                self.wait(end)
            for number in self.interrupts():
                if not self.ended:
                    self.pending.discard(number)
                    self.call(self.vectors[16 + number])
        self.world.flash[KEPT - FLASH:] = self.cpu.mem_read(KEPT, FLASH_BYTES - (KEPT - FLASH))
        self.world.memory = self.cpu.mem_read(RAM, RAM_BYTES)
        return self.ended

    def type(self, line, ms=300):
        """Types a line; tells what is said then."""
        self.text.clear()
        self.typed += list(line.encode() + b"\n")
        self.run(ms)
        return self.text.decode(errors="replace").splitlines()

    def press(self, is_pressed):
        self.is_pressed = is_pressed
        if self.registers.get(EDGES if is_pressed else EDGES + 4, 0) >> 13 & 1:
            self.registers[EDGES + 0xC] = 1 << 13

    def relay(self):
        return self.pins.get((RELAY, 14))


def started(world, why=BY_POWER, ms=1000):
    chip = Chip(world, why)
    ended = chip.run(ms)
    assert ended is None, ended
    return chip


def transcript(image, path):
    """What every device says at its console, word for word."""
    chip, count, wanted, heard = started(World(image)), 0, [], []
    lines = [line for line in open(path, encoding="utf-8").read().splitlines() if line and not line.startswith("#")]
    for line in [*lines, "> "]:
        if line.startswith("> "):
            assert heard == wanted, f"{heard} instead of {wanted}"
            count += len(wanted)
            if line != "> ":
                heard, wanted = [said.split(" ", 1)[1] for said in chip.type(line[2:], 1000)], []
                assert not chip.ended, chip.ended
        else:
            wanted.append(line)
    return f"{count} lines at the console, byte for byte as the virtual Sonoff says them"


def button(image, _):
    chip = started(World(image))
    assert chip.relay() is False
    pressed = chip.world.us
    chip.press(True)
    chip.run(200)
    chip.press(False)
    chip.run(1000)
    level, at = chip.edges[-1]
    assert level and at - pressed < 100_000, chip.edges
    return f"{(at - pressed) / 1000:.1f} ms from the button's edge to the relay's"


def resets(image, _):
    world = World(image)
    for line, why, reason in (("restart 1", BY_PROGRAM, "Software/System restart"), ("", BY_WATCHDOG, "Hardware Watchdog"), ("", BY_POWER, "Power On")):
        chip = started(world)
        chip.type("power on", 3000)
        if line:
            chip.type(line, 3000)
            assert chip.ended == "reset", chip.ended
        chip = started(world, why)
        assert [level for level, _ in chip.edges] == [False, True], chip.edges
        assert reason in "".join(chip.type("status 1")), reason
    return "the relay is as it was after a restart, the watchdog and a power cut, each by its name"


def cuts(image, _):
    """The power fails at each third piece of four bytes that a save programs, and at erasures."""
    world, kept, wish, cut = World(image), "", "name0", 0
    started(world).type("friendlyname1 name0", 3000)
    while True:
        chip = started(world, ms=300)
        said = "".join(chip.type("friendlyname1")[1:])
        kept = next((name for name in (wish, kept) if f'"{name}"' in said), None)
        assert kept, f"lost at cut {cut}: {said}"
        cut, wish = cut + 1, f"name{cut + 1}"
        chip.words, world.cut_after = 0, 3 * cut
        chip.type(f"friendlyname1 {wish}", 3000)
        world.cut_after = None
        if chip.ended != "cut":
            return f"{cut - 1} while settings were saved, none lost; {world.nmis} times a torn word was read"


def watchdog(image, _):
    chip = started(World(image))
    assert chip.run(3_600_000) is None, chip.ended
    return f"fed every {chip.world.longest / 1e6:.1f} s at the least, in an hour without a network"


def stack(image, _):
    chip = started(World(image))
    chip.type("status 0", 2000)
    memory = bytes(chip.world.memory)
    clean = memory.rfind(bytes([PAINT]) * 4096)
    return f"{RAM_BYTES - clean - 4096} bytes of it were in use"


def main():
    image, path = sys.argv[1:]
    random.seed(1)
    for check in (transcript, button, resets, watchdog, stack, cuts):
        print(f"{check.__name__:12} {check(image, path)}", flush=True)


main()
