//! The link to the broker where it is never secure.

use edge_nal::TcpSplit;
use sonoff_hal::tls::Tls;
use sonoff_hal::{Clock, Pins, System};
use sonoff_mqtt::Rc;

use crate::dial::Target;
use crate::talk::Talk;

/// Talks over the socket.
pub(crate) async fn talk<P: Pins, C: Clock, Y: System, S: TcpSplit, L: Tls>(
    mut talk: Talk<'_, '_, '_, '_, P, C, Y>,
    socket: &mut S,
    _: &mut L,
    _: &Target,
) -> Rc {
    let (mut reader, mut writer) = socket.split();
    talk.run(&mut reader, &mut writer).await
}
