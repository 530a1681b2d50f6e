//! embassy-time's driver over the machine timer, which counts ten million a second.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use super::register::Register;

// SAFETY: "virt" has the timer of its hart there; reading it is free of effects.
const NOW: [Register<u32>; 2] = unsafe { [Register::at(0x0200_BFF8), Register::at(0x0200_BFFC)] };
// SAFETY: the moment of the next timer interrupt; any moment will do.
const NEXT: [Register<u32>; 2] = unsafe { [Register::at(0x0200_4000), Register::at(0x0200_4004)] };

struct Clint {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLINT: Clint = Clint { queue: Mutex::new(RefCell::new(Queue::new())) });

/// Lets the timer interrupt.
pub fn start() {
    set_next(u64::MAX);
    // SAFETY: the handler is below.
    unsafe { riscv::register::mie::set_mtimer() };
}

fn now() -> u64 {
    let [low, high] = NOW;
    loop {
        let before = high.read();
        let count = low.read();
        if high.read() == before {
            return u64::from(before) << 32 | u64::from(count);
        }
    }
}

/// A moment in the past interrupts at once, so none is missed.
fn set_next(at: u64) {
    let [low, high] = NEXT;
    high.write(u32::MAX);
    low.write((at & 0xFFFF_FFFF) as u32);
    high.write((at >> 32) as u32);
}

impl Driver for Clint {
    fn now(&self) -> u64 {
        now()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            let mut queue = self.queue.borrow(cs).borrow_mut();
            if queue.schedule_wake(at, waker) {
                set_next(queue.next_expiration(now()));
            }
        });
    }
}

#[riscv_rt::core_interrupt(riscv::interrupt::Interrupt::MachineTimer)]
fn machine_timer() {
    critical_section::with(|cs| {
        let mut queue = CLINT.queue.borrow(cs).borrow_mut();
        set_next(queue.next_expiration(now()));
    });
}
