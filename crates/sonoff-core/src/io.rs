//! What goes into a device and what comes out of it.

use core::net::Ipv4Addr;

use crate::reading::Reading;

/// One thing that happened outside.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A message from the broker.
    Message {
        /// The whole topic.
        topic: &'a str,
        /// The payload; need not be text.
        payload: &'a [u8],
        /// The broker kept it and sent it because of a new subscription.
        retained: bool,
    },
    /// One command line, without its line end (D-1).
    Line {
        /// Where it was typed.
        source: Source,
        /// The line.
        text: &'a str,
    },
    /// The levels of all input pins: bit n is GPIO n.
    Levels(u64),
    /// The moment of [`Device::poll_timeout`](crate::Device::poll_timeout) has come.
    Tick,
    /// The network or the broker came or went.
    Link(Link<'a>),
    /// The answer to [`Action::SyncTime`], or told unasked: the time of day. One before 2016 is not believed.
    WallClock {
        /// Milliseconds since 1970-01-01T00:00:00Z.
        unix_ms: u64,
    },
    /// The answer to [`Action::Save`].
    Saved {
        /// Which record.
        slot: Slot,
        /// It is stored and survives a power cut.
        ok: bool,
    },
    /// The answer to [`Action::Join`]; addresses come with [`Link::Up`] after it.
    Joined {
        /// The access point took the device.
        ok: bool,
    },
    /// A measured value.
    Reading(Reading),
    /// The key of a broker that was not known before, and is from now on ([`Proof::Keys`]).
    Learned(&'a Fingerprint),
    /// Someone wants a clean end: LWT `Offline`, DISCONNECT, then [`Action::Restart`].
    Shutdown,
}

/// SHA-1 of a broker's public key (S-51).
pub type Fingerprint = [u8; 20];

/// How a broker proves that it is the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Proof {
    /// By a certificate that the firmware's authority has signed.
    Authority,
    /// By one of these keys. One of zeros is learned from the broker, one of `FF` is anybody's.
    Keys([Option<Fingerprint>; 2]),
}

/// Where a command line came from; the names are those of rule D-4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Source {
    /// An MQTT message.
    Mqtt,
    /// The serial console.
    Serial,
    /// The console of the web page.
    WebConsole,
    /// The Backlog queue.
    Backlog,
    /// A button.
    Button,
    /// A relay's PulseTime ended.
    PulseTimer,
}

/// News of the link.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Link<'a> {
    /// The network is up.
    Up(&'a Network),
    /// The network is gone.
    Down,
    /// The broker accepted the connection (CONNACK 0).
    Online,
    /// The connection to the broker ended, or an attempt failed.
    Lost {
        /// The return code of S-42: -5..=5.
        rc: i8,
    },
}

/// Facts about the network, shown in Status 5 and STATE.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Network {
    /// Own address.
    pub ip: Ipv4Addr,
    /// Subnet mask.
    pub mask: Ipv4Addr,
    /// Default gateway.
    pub gateway: Ipv4Addr,
    /// Name servers; one that is 0.0.0.0 is none.
    pub dns: [Ipv4Addr; 2],
    /// The radio's facts; `None` on a wired board.
    pub wifi: Option<Wifi>,
}

/// Facts about the radio link.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Wifi {
    /// Name of the access point.
    pub ssid: Ssid,
    /// Its hardware address.
    pub bssid: [u8; 6],
    /// Radio channel.
    pub channel: u8,
    /// Signal in dBm.
    pub dbm: i8,
}

/// The name of an access point, which is copied with the facts: a small chip moves them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ssid {
    bytes: [u8; 32],
    len: u8,
}

impl Ssid {
    /// A name of at most 32 bytes; none is longer.
    pub fn new(name: &str) -> Self {
        let mut bytes = [0; 32];
        let len = name.len().min(bytes.len());
        bytes.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
        Self { bytes, len: u8::try_from(len).unwrap_or(0) }
    }

    /// The name; empty where it is no text.
    pub fn as_str(&self) -> &str {
        let name = self.bytes.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(name).unwrap_or("")
    }
}

/// An access point to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessPoint<'a> {
    /// Its name; never empty.
    pub ssid: &'a str,
    /// Its password; empty for an open network.
    pub password: &'a str,
    /// The address to take there; `None` for one from DHCP.
    pub address: Option<FixedAddress>,
}

/// An address that nobody has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FixedAddress {
    /// Own address.
    pub ip: Ipv4Addr,
    /// Subnet mask.
    pub mask: Ipv4Addr,
    /// Default gateway.
    pub gateway: Ipv4Addr,
    /// Name servers; one that is 0.0.0.0 is none.
    pub dns: [Ipv4Addr; 2],
}

/// Something the hardware must do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Action {
    /// Give a pin its part; an output starts at this level.
    Assign {
        /// GPIO number.
        gpio: u8,
        /// Its part.
        role: Role,
        /// First level of an output.
        high: bool,
    },
    /// Set an output's level.
    Write {
        /// GPIO number.
        gpio: u8,
        /// The level.
        high: bool,
    },
    /// Store a record: call [`Device::encode`](crate::Device::encode), save, answer with [`Input::Saved`].
    Save(Slot),
    /// A failed connection is tried again after this time; only while one waits (S-41).
    RetryIn {
        /// Seconds from now.
        seconds: u16,
    },
    /// Find out the time of day and tell it with [`Input::WallClock`]; without an answer it is asked for again.
    SyncTime,
    /// Join the access point of this place, 1 or 2 ([`Device::access_point`](crate::Device::access_point)), leaving any
    /// other; answer with [`Input::Joined`]. It may take as long as it likes, and fail as often.
    Join {
        /// Its place.
        place: u8,
    },
    /// Be an access point for a while, on which the device can be set up; somebody at it asks for that.
    SetUp,
    /// Let the radio sleep so long between two moments at which it listens.
    Sleep {
        /// Milliseconds; 0 keeps it awake.
        ms: u8,
    },
    /// Set the speed of the serial port.
    Baudrate {
        /// Bits per second.
        baud: u32,
    },
    /// End the run: everything owed has left or had its two seconds.
    Restart(Restart),
}

/// A pin's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Role {
    /// Push-pull output.
    Output,
    /// Input with pull-up.
    InputPullUp,
    /// Input without pull resistor.
    Input,
}

/// Which stored record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slot {
    /// The settings document, at most [`Slot::SETTINGS_BYTES`].
    Settings,
    /// What changes often: relay states, boot count; at most [`Slot::STATE_BYTES`].
    State,
}

impl Slot {
    /// Most bytes of the settings document.
    pub const SETTINGS_BYTES: usize = 2560;
    /// Most bytes of the state record.
    pub const STATE_BYTES: usize = 32;
}

/// Why a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Restart {
    /// `Restart 1`, or a setting that takes a restart.
    Commanded,
    /// `Restart 2` or [`Input::Shutdown`]: stay off.
    Halt,
}

/// What the broker must get next. Texts lie in the buffer that the caller gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transmit<'b> {
    /// A QoS 0 message.
    Publish {
        /// The whole topic; it starts at the front of the caller's buffer.
        topic: &'b str,
        /// The payload, directly behind the topic in the caller's buffer; `None` when it did not fit and comes
        /// by [`Device::poll_payload`](crate::Device::poll_payload).
        payload: Option<&'b [u8]>,
        /// Length of the payload, in both cases.
        len: usize,
        /// To be kept by the broker.
        retain: bool,
    },
    /// A QoS 0 subscription.
    Subscribe {
        /// The topic filter, at the front of the caller's buffer.
        filter: &'b str,
    },
    /// A clean goodbye.
    Disconnect,
}

/// The fields of CONNECT (S-4 to S-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting<'b> {
    /// Client identifier.
    pub client: &'b str,
    /// User name; absent when the setting is empty.
    pub user: Option<&'b str>,
    /// Password; absent when the setting is empty.
    pub password: Option<&'b str>,
    /// Seconds.
    pub keep_alive: u16,
    /// Start with a clean session.
    pub clean_session: bool,
    /// Where the broker says that the device is gone.
    pub will_topic: &'b str,
    /// What it says: `Offline`.
    pub will_payload: &'static str,
    /// The broker keeps it.
    pub will_retain: bool,
}

/// One broker to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broker<'a> {
    /// Name or IPv4 address; never empty.
    pub host: &'a str,
    /// TCP port.
    pub port: u16,
}

/// The link's settings in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkTiming {
    /// `MqttKeepAlive`, seconds.
    pub keep_alive: u16,
    /// `MqttTimeout`, seconds.
    pub timeout: u16,
    /// `MqttRetry`, seconds.
    pub retry: u16,
}

/// How important a log line is (D-46).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Level {
    /// Something is wrong.
    Error = 1,
    /// For the owner.
    Info = 2,
    /// For who looks closer.
    Debug = 3,
}

/// One log line of the protocol, without its stamp (D-43).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'b> {
    /// Its level.
    pub level: Level,
    /// `MQT: Connected`: three letters, colon, blank, text.
    pub text: &'b str,
}

/// How this run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot<'a> {
    /// Power was applied; otherwise a reset of any other kind.
    pub cold: bool,
    /// Shown in Info3 and Status 1, such as `Power On`.
    pub reason: &'a str,
    /// The stored settings document.
    pub settings: Option<&'a [u8]>,
    /// The stored state record.
    pub state: Option<&'a [u8]>,
}
