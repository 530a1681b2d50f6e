//! The return codes that the log shows.

use core::fmt;

/// How a connection stands or ended (S-42).
///
/// | rc | meaning                                            |
/// |----|----------------------------------------------------|
/// | -5 | the host name could not be resolved                |
/// | -4 | no answer within the time allowed                  |
/// | -3 | the connection was lost: the network broke         |
/// | -2 | TCP could not connect                              |
/// | -1 | disconnected cleanly                               |
/// | 0  | connected                                          |
/// | 1  | CONNACK: bad protocol version                      |
/// | 2  | CONNACK: client identifier rejected                |
/// | 3  | CONNACK: server unavailable                        |
/// | 4  | CONNACK: bad user name or password                 |
/// | 5  | CONNACK: not authorised                            |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(i8)]
pub enum Rc {
    /// The host name could not be resolved.
    NotResolved = -5,
    /// No answer within the time allowed.
    Timeout = -4,
    /// The network broke, or the broker broke the protocol.
    Lost = -3,
    /// TCP could not connect.
    ConnectFailed = -2,
    /// Disconnected cleanly.
    Disconnected = -1,
    /// Connected.
    Connected = 0,
    /// Bad protocol version.
    BadProtocol = 1,
    /// Client identifier rejected.
    BadClientId = 2,
    /// Server unavailable.
    Unavailable = 3,
    /// Bad user name or password.
    BadCredentials = 4,
    /// Not authorised.
    NotAuthorized = 5,
}

impl Rc {
    /// The number that the log shows.
    pub const fn code(self) -> i8 {
        self as i8
    }

    /// What a CONNACK code means; one that the protocol does not know counts as [`Rc::Unavailable`].
    pub const fn from_connack(code: u8) -> Self {
        match code {
            0 => Self::Connected,
            1 => Self::BadProtocol,
            2 => Self::BadClientId,
            4 => Self::BadCredentials,
            5 => Self::NotAuthorized,
            _ => Self::Unavailable,
        }
    }
}

impl fmt::Display for Rc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}
