//! The way to a network: a radio that joins an access point, or a wire.

use core::net::Ipv4Addr;

use heapless::String;

/// The network side of a board.
pub trait Station {
    /// Joins an access point and waits for an address. A station that is already joined leaves first.
    ///
    /// An access point that is lost is joined again by another call, or by the station itself if it can. Dropping the
    /// future ends the attempt: the runtime waits no longer than 30 seconds, and the next call begins anew.
    ///
    /// # Errors
    /// [`JoinError`] when there is no link afterwards.
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError>;

    /// The network as it is now; `None` while there is no address.
    fn facts(&self) -> Option<NetworkFacts>;

    /// Waits until [`Self::facts`] may tell something else. Dropping the future loses nothing.
    async fn changed(&mut self);

    /// Looks which access points are in the air and hands each over, a few seconds at most. One that cannot look hands none
    /// over, and the profile of its board does not name it. Dropping the future ends the search.
    async fn scan(&mut self, _seen: &mut dyn FnMut(Seen<'_>)) {}

    /// Lets the radio sleep for so many milliseconds, as near as it can, between two moments at which it listens; 0
    /// keeps it awake. A station without that ignores it, and the profile of its board does not name it.
    fn sleep(&mut self, _ms: u8) {}

    /// Leaves where it is and is an access point itself, of this name, with this password and at this address, all of
    /// which there are. Dropping the future ends the attempt.
    ///
    /// # Errors
    /// [`JoinError`] when it is none afterwards; always, for a station that cannot, and the profile of its board does not
    /// name it.
    async fn open(&mut self, _own: &Access<'_>) -> Result<(), JoinError> {
        Err(JoinError::Radio)
    }

    /// Is an access point no longer; it joins again when it is told to.
    async fn close(&mut self) {}
}

/// An access point that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its name.
    pub ssid: &'a str,
    /// Radio channel.
    pub channel: u8,
    /// Signal in dBm.
    pub dbm: i8,
    /// It needs no password.
    pub is_open: bool,
}

/// An access point's name and password, of a length that every driver takes, and the address to have there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Access<'a> {
    ssid: &'a str,
    password: Option<&'a str>,
    address: Option<FixedAddress>,
}

/// An address that nobody has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl<'a> Access<'a> {
    /// Checks the lengths here, since some drivers panic on others. An empty password is an open network.
    ///
    /// # Errors
    /// [`JoinError::Ssid`] outside 1..=32 bytes, [`JoinError::Password`] outside 8..=63.
    pub fn new(ssid: &'a str, password: &'a str) -> Result<Self, JoinError> {
        if !(1..=32).contains(&ssid.len()) {
            return Err(JoinError::Ssid);
        }
        let password = match password.len() {
            0 => None,
            8..=63 => Some(password),
            _ => return Err(JoinError::Password),
        };
        Ok(Self { ssid, password, address: None })
    }

    /// The same with this address instead of one from DHCP.
    #[must_use]
    pub const fn with_address(self, address: Option<FixedAddress>) -> Self {
        Self { address, ..self }
    }

    /// 1 to 32 bytes.
    pub const fn ssid(&self) -> &'a str {
        self.ssid
    }

    /// 8 to 63 bytes; `None` for an open network.
    pub const fn password(&self) -> Option<&'a str> {
        self.password
    }

    /// The address to take; `None` for one from DHCP.
    pub const fn address(&self) -> Option<FixedAddress> {
        self.address
    }
}

// A password has no place in a trace.
impl core::fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Access").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

/// Why a station did not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The name of the access point has a wrong length.
    Ssid,
    /// The password has a wrong length.
    Password,
    /// No such access point.
    NotFound,
    /// The access point refused the password.
    Refused,
    /// No address in time.
    NoAddress,
    /// The radio itself failed.
    Radio,
    /// The attempt took too long and was ended.
    Timeout,
}

/// In words for a log.
impl core::fmt::Display for JoinError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Ssid => "its name has a wrong length",
            Self::Password => "its password has a wrong length",
            Self::NotFound => "there is no such access point",
            Self::Refused => "wrong password",
            Self::NoAddress => "no IP address received",
            Self::Radio => "the radio failed",
            Self::Timeout => "no answer in time",
        })
    }
}

/// Facts about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkFacts {
    /// Own address.
    pub ip: Ipv4Addr,
    /// Subnet mask.
    pub mask: Ipv4Addr,
    /// Default gateway.
    pub gateway: Ipv4Addr,
    /// Name servers; one that is 0.0.0.0 is none.
    pub dns: [Ipv4Addr; 2],
    /// The radio's facts; `None` on a wire.
    pub radio: Option<RadioFacts>,
}

/// Facts about the radio link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadioFacts {
    /// Name of the access point.
    pub ssid: String<32>,
    /// Its hardware address.
    pub bssid: [u8; 6],
    /// Radio channel.
    pub channel: u8,
    /// Signal in dBm.
    pub dbm: i8,
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn only_lengths_that_a_driver_takes_pass() {
        let long = core::str::from_utf8(&[b'x'; 64]).unwrap();
        assert_eq!(Access::new("", ""), Err(JoinError::Ssid));
        assert_eq!(Access::new(&long[..33], ""), Err(JoinError::Ssid));
        assert_eq!(Access::new("home", "1234567"), Err(JoinError::Password));
        assert_eq!(Access::new("home", long), Err(JoinError::Password));
        assert_eq!(Access::new("home", "").unwrap().password(), None);
        assert_eq!(Access::new(&long[..32], &long[..63]).unwrap().password(), Some(&long[..63]));
    }

    #[test]
    fn a_trace_shows_no_password() {
        let text = std::format!("{:?}", Access::new("home", "top secret").unwrap());
        assert!(text.contains("home") && !text.contains("secret"), "{text}");
    }
}
