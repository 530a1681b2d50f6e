//! Interrupts of the machine's devices.

use super::register::Register;
use super::{nic, uart};

/// The first serial port.
pub const UART: u32 = 10;
/// A PCI device in slot 1.
pub const PCI_SLOT_1: u32 = 33;

const PRIORITY: usize = 0x0C00_0000;
const ENABLE: usize = 0x0C00_2000;
// SAFETY: "virt" has the interrupt controller there; these are the threshold and the claim of hart 0 in machine mode.
const THRESHOLD: Register<u32> = unsafe { Register::at(0x0C20_0000) };
// SAFETY: as above.
const CLAIM: Register<u32> = unsafe { Register::at(0x0C20_0004) };

/// Lets a device interrupt: 1 to 95.
pub fn enable(irq: u32) {
    let (word, bit) = (irq as usize / 32, irq % 32);
    // SAFETY: one word for each source.
    let priority = unsafe { Register::<u32>::at(PRIORITY + 4 * irq as usize) };
    // SAFETY: one bit for each source.
    let enable = unsafe { Register::<u32>::at(ENABLE + 4 * word) };
    priority.write(1);
    enable.write(enable.read() | 1 << bit);
    THRESHOLD.write(0);
}

/// Lets interrupts come; all devices are ready.
pub fn start() {
    // SAFETY: the handlers are there, and no critical section is open.
    unsafe {
        riscv::register::mie::set_mext();
        riscv::interrupt::enable();
    }
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineExternal)]
fn machine_external() {
    let irq = CLAIM.read();
    match irq {
        1..=8 => nic::interrupted(irq),
        UART => uart::CONSOLE.interrupted(),
        PCI_SLOT_1 => uart::SECOND.interrupted(),
        _ => {}
    }
    CLAIM.write(irq);
}
