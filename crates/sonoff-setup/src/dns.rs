//! Every name is the device's (S-105): whatever a phone asks for, to see whether it has the world, it gets the page.

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;

use edge_nal::{UdpBind, UdpReceive, UdpSend};

use crate::IP;

const PORT: u16 = 53;
/// A question about the longest name, with what resolvers put behind it; a longer one is passed over.
const QUESTION: usize = 320;
/// The answer says the name twice.
const ANSWER: usize = 576;
/// Nobody is to remember it: at home the name means what it says.
const FOR: Duration = Duration::ZERO;

/// Answers questions until the socket fails.
///
/// # Errors
/// What the socket says.
pub async fn serve<N: UdpBind>(net: &N) -> Result<Infallible, N::Error> {
    let mut socket = net.bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT)).await?;
    let (mut question, mut answer) = ([0; QUESTION], [0; ANSWER]);
    loop {
        let (len, from) = socket.receive(&mut question).await?;
        let question = question.get(..len).unwrap_or_default();
        if let Some(answer) = answer_to(question, &mut answer) {
            socket.send(from, answer).await?;
        }
    }
}

/// What there is to say to a question; nothing to what is none.
fn answer_to<'r>(question: &[u8], room: &'r mut [u8]) -> Option<&'r [u8]> {
    // An answer that was answered would come back, and so on.
    let is_question = question.get(2).is_some_and(|flags| flags & 0x80 == 0);
    let len = edge_captive::reply(question, &IP.octets(), FOR, room).ok().filter(|_| is_question)?;
    room.get(..len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: u16 = 1;
    const AAAA: u16 = 28;

    fn question(name: &str, kind: u16) -> Vec<u8> {
        let mut bytes = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            bytes.push(label.len().try_into().unwrap());
            bytes.extend(label.bytes());
        }
        bytes.push(0);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1]);
        bytes
    }

    fn answer(question: &[u8]) -> Option<Vec<u8>> {
        answer_to(question, &mut [0; ANSWER]).map(<[u8]>::to_vec)
    }

    // S-105, SX-53
    #[test]
    fn any_name_is_the_device_and_nobody_remembers_it() {
        let longest =
            [["x"; 63].concat(), ["y"; 63].concat(), ["z"; 63].concat(), ["w"; 61].concat()].join(".");
        for name in ["example.com", "connectivitycheck.gstatic.com", "a", &longest] {
            let answer = answer(&question(name, A)).unwrap();
            assert_eq!(answer[..4], [0x12, 0x34, 0x81, 0], "{name}: an answer without an error");
            assert_eq!(answer[6..8], [0, 1], "{name}: one");
            assert!(answer.ends_with(&[0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 168, 4, 1]), "{name}: {answer:?}");
        }
    }

    // S-105
    #[test]
    fn other_questions_have_an_answer_that_is_empty() {
        let answer = answer(&question("example.com", AAAA)).unwrap();
        assert_eq!((&answer[2..4], &answer[6..8]), (&[0x81, 0][..], &[0, 0][..]));
    }

    #[test]
    fn an_answer_is_not_answered() {
        let mut bytes = question("example.com", A);
        bytes[2] |= 0x80;
        assert_eq!(answer(&bytes), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(mut bytes in proptest::collection::vec(any::<u8>(), 0..QUESTION), few in 0..4u8) {
            let _ = answer(&bytes);
            // Few questions, so that they are read to their end.
            if let Some(counts) = bytes.get_mut(4..12) {
                counts.copy_from_slice(&[0, few, 0, few, 0, 0, 0, few]);
            }
            let _ = answer(&bytes);
        }
    }
}
