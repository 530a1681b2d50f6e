//! The way to the network through the radio.

use core::mem::take;

use cyw43::{Control, JoinOptions, ScanOptions};
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use sonoff_embassy::{Uplink, Wire};
use sonoff_hal::{Access, JoinError, NetworkFacts, Seen, Station};

use crate::led::Led;

/// In an access point's capabilities: it wants a password.
const PRIVACY: u16 = 1 << 4;

/// That of the device's own access point.
const CHANNEL: u8 = 6;

/// Hands the running radio over.
pub type Handover = Signal<NoopRawMutex, Control<'static>>;

/// A station that waits for its radio, for ever if there is none.
pub struct RadioStation {
    wire: Wire<'static, 'static>,
    radio: Radio,
    led: &'static Led,
}

struct Radio {
    handover: &'static Handover,
    control: Option<Control<'static>>,
    /// It is an access point, or was about to be.
    is_open: bool,
}

impl RadioStation {
    /// The station of the radio that will be handed over, and of the network that it brings up.
    pub const fn new(
        uplink: &'static Uplink<'static>,
        handover: &'static Handover,
        led: &'static Led,
    ) -> Self {
        Self { wire: Wire::new(uplink), radio: Radio { handover, control: None, is_open: false }, led }
    }
}

impl Radio {
    async fn control(&mut self) -> &mut Control<'static> {
        match &mut self.control {
            Some(control) => control,
            none => none.insert(self.handover.wait().await),
        }
    }
}

impl Station for RadioStation {
    /// Leaves first in any case: the driver ends the program where a radio that has joined joins again.
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        let control = self.radio.control().await;
        control.leave().await;
        let options = match access.password() {
            Some(password) => JoinOptions::new(password.as_bytes()),
            None => JoinOptions::new_open(),
        };
        control.join(access.ssid(), options).await.map_err(why)?;
        self.wire.join(access).await
    }

    /// Without the radio's own facts: the driver ends the program where one that has not joined is asked for them.
    fn facts(&self) -> Option<NetworkFacts> {
        self.wire.facts()
    }

    async fn scan(&mut self, seen: &mut dyn FnMut(Seen<'_>)) {
        let mut scanner = self.radio.control().await.scan(ScanOptions::default()).await;
        while let Some(point) = scanner.next().await {
            let ssid = point.ssid.get(..usize::from(point.ssid_len)).unwrap_or_default();
            let (channel, dbm) = (point.ctl_ch, i8::try_from(point.rssi).unwrap_or(i8::MIN));
            if let Ok(ssid) = core::str::from_utf8(ssid) {
                seen(Seen { ssid, channel, dbm, is_open: { point.capability } & PRIVACY == 0 });
            }
        }
    }

    async fn changed(&mut self) {
        let Self { wire, radio, led } = self;
        let shown = async { led.show(radio.control().await).await };
        select(wire.changed(), shown).await;
    }

    /// Never without a password. The driver itself takes the radio out of its network.
    async fn open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        let key = own.password().ok_or(JoinError::Password)?;
        self.radio.is_open = true;
        self.radio.control().await.start_ap_wpa2(own.ssid(), key, CHANNEL).await;
        self.wire.open(own).await
    }

    /// Waits for no radio, and ends nothing that was not begun: the driver ends the program where a radio refuses.
    async fn close(&mut self) {
        self.wire.close().await;
        let Radio { control, is_open, .. } = &mut self.radio;
        if take(is_open)
            && let Some(control) = control
        {
            control.close_ap().await;
        }
    }
}

fn why(failed: cyw43::JoinError) -> JoinError {
    match failed {
        cyw43::JoinError::NetworkNotFound => JoinError::NotFound,
        cyw43::JoinError::AuthenticationFailure => JoinError::Refused,
        cyw43::JoinError::JoinFailure(_) => JoinError::Radio,
    }
}
