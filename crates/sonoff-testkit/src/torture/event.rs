//! What can happen to a device, as values: drawn from a seed, printed, left out one by one.

use std::fmt;

/// What goes wrong for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SYN is lost: TCP neither opens nor fails.
    SynLost,
    /// TCP is refused.
    TcpRefused,
    /// TCP opens, and nothing that the broker says arrives: no CONNACK, no PINGRESP.
    Mute,
    /// Nothing arrives in either direction, and no stream ends.
    HalfOpen,
    /// The broker does not read.
    Stalled,
    /// So few bytes at a time, in both directions.
    Trickle(u8),
    /// Each connection is reset after so many bytes.
    CutAfter(u16),
    /// The broker answers CONNECT with this code.
    Refused(u8),
    /// Name servers never answer.
    NamesHang,
    /// The broker's name is unknown.
    NamesUnknown,
    /// The Wi-Fi is gone.
    WifiLost,
    /// The broker is down, and comes back with its retained messages or without.
    BrokerDown {
        /// They are kept on disk.
        keeps_retained: bool,
    },
    /// A second device has the same client id and names.
    Twin,
}

impl Fault {
    /// Its kind, for tallies.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::SynLost => "SYN lost",
            Self::TcpRefused => "TCP refused",
            Self::Mute => "no CONNACK",
            Self::HalfOpen => "half-open link",
            Self::Stalled => "stalled reader",
            Self::Trickle(_) => "few bytes at a time",
            Self::CutAfter(_) => "stream cut at a byte",
            Self::Refused(_) => "refused with a code",
            Self::NamesHang => "name resolution hangs",
            Self::NamesUnknown => "name unknown",
            Self::WifiLost => "Wi-Fi lost",
            Self::BrokerDown { keeps_retained: true } => "broker restart",
            Self::BrokerDown { keeps_retained: false } => "broker restart, nothing retained",
            Self::Twin => "two devices, one client id",
        }
    }
}

/// How a message reaches the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum To {
    /// Its own topic.
    #[default]
    Own,
    /// Its group's topic.
    Group,
    /// Its fallback topic.
    Fallback,
    /// Not by MQTT: it is typed at the serial console.
    Console,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something goes wrong for so many milliseconds.
    Fault(Fault, u64),
    /// A router resets all streams.
    Reset,
    /// Power fails for so many milliseconds.
    Cut(u64),
    /// Power fails in the midst of the next write to flash, at this byte of it, and comes back after so many milliseconds.
    CutInWrite {
        /// The byte.
        step: u64,
        /// What the cut leaves, as a place in [`Torn::STEADY`](crate::flash::Torn::STEADY).
        torn: u8,
        /// How long it stays off.
        off_ms: u64,
    },
    /// Somebody tells the device this time of day, in seconds since 1970.
    Clock(u64),
    /// A command.
    Command {
        /// The way it comes.
        to: To,
        /// Its word.
        word: &'static str,
        /// What follows it.
        argument: String,
        /// The broker keeps it.
        retained: bool,
    },
    /// Many commands in one moment.
    Flood(u16),
    /// A button is down for so many milliseconds, after it has bounced so often.
    Press {
        /// Which, from 1.
        button: u8,
        /// How long.
        ms: u64,
        /// Bounces of 3 ms before that.
        bounces: u8,
    },
    /// A wall switch is turned.
    Switch(u8),
}

impl Event {
    /// Its kind, for tallies.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Fault(fault, _) => fault.kind(),
            Self::Reset => "streams reset",
            Self::Cut(_) => "power cut",
            Self::CutInWrite { .. } => "power cut in a flash write",
            Self::Clock(_) => "clock jump",
            Self::Command { retained: true, .. } => "retained command",
            Self::Command { .. } => "command",
            Self::Flood(_) => "flood of commands",
            Self::Press { .. } => "button pressed",
            Self::Switch(_) => "switch turned",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault, ms) => write!(f, "{fault:?} for {ms} ms"),
            Self::Cut(ms) => write!(f, "power cut for {ms} ms"),
            Self::Command { to, word, argument, retained } => {
                let kept = if *retained { ", retained" } else { "" };
                write!(f, "command {word} {argument:?} to {to:?}{kept}")
            }
            other => write!(f, "{other:?}"),
        }
    }
}
