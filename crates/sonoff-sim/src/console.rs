//! Standard input: commands for the device, and orders about the world around it.

use std::io::{BufRead, stdin};
use std::thread;

use async_channel::{Receiver, Sender};
use sonoff_hal::Reading;

use crate::probes;

/// One line of standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// A command line for the device.
    Line(Vec<u8>),
    /// `!press 1`: down for 60 ms.
    Press(u8),
    /// `!hold 1`: down until it counts as held.
    Hold(u8),
    /// `!down 1`
    Down(u8),
    /// `!up 1`
    Up(u8),
    /// `!switch 1 on`: the pin's level is 1; `off` is 0.
    Switch {
        /// Number of the switch.
        switch: u8,
        /// The level.
        high: bool,
    },
    /// `!net up`, `!net down`
    Net {
        /// There is a network.
        up: bool,
    },
    /// `!reading DS18B20 Temperature 21.3`: a sensor measures this.
    Reading(Reading),
    /// `!cut`: the power fails for a moment.
    Cut,
    /// `!reset`: the chip's reset pin.
    Reset,
    /// None of these.
    Unknown(String),
}

impl Order {
    /// Reads one line, without its line end.
    pub fn parse(line: &[u8]) -> Self {
        match line.strip_prefix(b"!") {
            None => Self::Line(line.to_vec()),
            Some(order) => {
                let text = String::from_utf8_lossy(order);
                let words: Vec<_> = text.split_whitespace().collect();
                about_the_world(&words).unwrap_or_else(|| Self::Unknown(format!("!{text}")))
            }
        }
    }
}

fn about_the_world(words: &[&str]) -> Option<Order> {
    let order = match words {
        ["press", button] => Order::Press(button.parse().ok()?),
        ["hold", button] => Order::Hold(button.parse().ok()?),
        ["down", button] => Order::Down(button.parse().ok()?),
        ["up", button] => Order::Up(button.parse().ok()?),
        ["switch", switch, "on"] => Order::Switch { switch: switch.parse().ok()?, high: true },
        ["switch", switch, "off"] => Order::Switch { switch: switch.parse().ok()?, high: false },
        ["net", "up"] => Order::Net { up: true },
        ["net", "down"] => Order::Net { up: false },
        ["reading", sensor, quantity, value] => Order::Reading(probes::reading(sensor, quantity, value)?),
        ["cut"] => Order::Cut,
        ["reset"] => Order::Reset,
        _ => return None,
    };
    Some(order)
}

/// Reads standard input in a thread of its own, since it cannot be read without blocking. Its end ends nothing.
///
/// # Errors
/// When there is no room for a thread.
pub fn read_stdin() -> std::io::Result<Receiver<Order>> {
    let (sender, orders) = async_channel::bounded(64);
    thread::Builder::new().name("stdin".to_owned()).spawn(move || read_lines(&sender))?;
    Ok(orders)
}

fn read_lines(orders: &Sender<Order>) {
    let mut input = stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        let order = Order::parse(line.get(..end).unwrap_or_default());
        if orders.send_blocking(order).is_err() {
            return;
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_unless_it_begins_with_an_exclamation_mark() {
        assert_eq!(Order::parse(b"power toggle"), Order::Line(b"power toggle".to_vec()));
        assert_eq!(Order::parse(b""), Order::Line(Vec::new()));
        assert_eq!(Order::parse(b"!press 1"), Order::Press(1));
        assert_eq!(Order::parse(b"! hold  2 "), Order::Hold(2));
        assert_eq!((Order::parse(b"!down 1"), Order::parse(b"!up 8")), (Order::Down(1), Order::Up(8)));
        assert_eq!(Order::parse(b"!switch 2 on"), Order::Switch { switch: 2, high: true });
        assert_eq!(Order::parse(b"!switch 1 off"), Order::Switch { switch: 1, high: false });
        assert_eq!(Order::parse(b"!net down"), Order::Net { up: false });
        let typed = probes::reading("DS18B20", "Temperature", "21.3").map(Order::Reading);
        assert_eq!(Some(Order::parse(b"!reading DS18B20 Temperature 21.3")), typed);
        assert_eq!((Order::parse(b"!cut"), Order::parse(b"!reset")), (Order::Cut, Order::Reset));
    }

    #[test]
    fn other_orders_are_told() {
        for line in [
            "!",
            "!press",
            "!press x",
            "!press 1 2",
            "!net",
            "!switch 1",
            "!switch x on",
            "!reading X Temperature 1",
            "!press 256",
        ] {
            assert_eq!(Order::parse(line.as_bytes()), Order::Unknown(line.to_owned()));
        }
    }
}
