//! The secure link to a broker: what stands between TCP and MQTT.

use core::fmt;

use embedded_io_async::{Read, Write};

/// SHA-1 of a broker's public key (S-51).
pub type Fingerprint = [u8; 20];

/// Whom to expect at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'p> {
    /// Its name or address, as it was asked for (S-53).
    pub host: &'p str,
    /// How it has to prove that it is the one.
    pub proof: Proof,
    /// Seconds since 1970; `None` while nobody knows them.
    pub now: Option<u64>,
}

/// How a broker proves that it is the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By a certificate that the firmware's authority has signed, for the name that was asked for.
    Authority,
    /// By one of these keys (S-52). One of zeros is learned from the broker, one of `FF` is anybody's.
    Keys([Option<Fingerprint>; 2]),
}

/// What is said over a link once it is secure, and what is to be known before.
pub trait Conversation {
    /// Waits until the handshake, or the farewell after the talk, has taken too long. It is dropped when that ends.
    async fn patience(&mut self);

    /// The broker's key, which nobody had named, is the one from now on (S-52).
    fn learned(&mut self, key: &Fingerprint);

    /// Talks until there is nothing more to say. Dropping a read loses no byte; a write is dropped only with the
    /// connection.
    async fn talk<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W);
}

/// The secure link of a board: [`NoTls`](crate::none::NoTls), or the one of `sonoff-tls`.
pub trait Tls {
    /// Whether it can. A firmware without does not build where the environment names a CA (S-95).
    const IS_THERE: bool = true;

    /// Makes a TCP connection secure and lets the conversation go on over it. Nothing of it is ever said before the
    /// broker has proved that it is the one.
    ///
    /// # Errors
    /// [`TlsError`] when it was not; then nothing was said.
    async fn secure<R: Read, W: Write, C: Conversation>(
        &mut self,
        reader: R,
        writer: W,
        peer: &Peer<'_>,
        conversation: &mut C,
    ) -> Result<(), TlsError>;
}

/// Why there is no secure link (S-93).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsError {
    /// The firmware has none.
    Absent,
    /// [`Conversation::patience`] ended first.
    TimedOut,
    /// What came is no TLS.
    NotTls,
    /// The connection ended within the handshake.
    Closed,
    /// The broker refused the handshake, with this number of RFC 8446, 6.2.
    Alert(u8),
    /// What came breaks the rules of TLS 1.3.
    Protocol,
    /// A message is larger than the memory for it.
    TooLarge,
    /// The firmware has no authority's certificate, or none that can be read.
    NoAuthority,
    /// The authority has not signed it.
    UnknownIssuer,
    /// The certificate is for somebody else.
    WrongName,
    /// The certificate is no longer valid.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate cannot be read, or has a key of a kind that is not known here.
    Certificate,
    /// The broker does not have the key of its certificate.
    Signature,
    /// The key is none of those that were named.
    UnknownKey(Fingerprint),
}

impl TlsError {
    const fn words(self) -> &'static str {
        match self {
            Self::Absent => "this firmware has no TLS",
            Self::TimedOut => "no answer in time",
            Self::NotTls => "the port does not speak TLS",
            Self::Closed => "closed in the handshake; does the port speak TLS 1.3?",
            Self::Alert(_) => "refused by the broker, alert ",
            Self::Protocol => "the handshake breaks the rules of TLS 1.3",
            Self::TooLarge => "a message is too large",
            Self::NoAuthority => "this firmware has no CA",
            Self::UnknownIssuer => "the certificate is not signed by the CA",
            Self::WrongName => "the certificate is for another name",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Certificate => "the certificate cannot be used",
            Self::Signature => "the key is not that of the certificate",
            Self::UnknownKey(_) => "the key is another one: ",
        }
    }
}

/// The words of the log line.
impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())?;
        match self {
            Self::Alert(number) => write!(f, "{number}"),
            Self::UnknownKey(key) => write!(f, "{}", Hex(key)),
            _ => Ok(()),
        }
    }
}

/// A fingerprint as people read it: `01 23 45 …`.
#[derive(Debug, Clone, Copy)]
pub struct Hex<'f>(pub &'f Fingerprint);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gaps = core::iter::once("").chain(core::iter::repeat(" "));
        self.0.iter().zip(gaps).try_for_each(|(byte, gap)| write!(f, "{gap}{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::ToString;

    use super::*;

    // S-93
    #[test]
    fn an_unknown_key_is_shown_as_it_would_be_set() {
        let mut key = [0xA5; 20];
        key[19] = 0x0F;
        let line = TlsError::UnknownKey(key).to_string();
        assert_eq!(line, format!("the key is another one: {}0F", "A5 ".repeat(19)));
        assert_eq!(TlsError::Alert(70).to_string(), "refused by the broker, alert 70");
    }
}
