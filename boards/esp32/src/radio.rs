//! The radio: its driver, and the network stack on top. The device waits for neither.

use core::future::pending;

use embassy_executor::Spawner;
use embassy_futures::select::select;
use embassy_net::{Runner, StackResources};
use embassy_time::Timer;
use esp_hal::peripherals::WIFI;
use esp_hal::rng::{Rng, TrngSource};
use esp_radio::wifi::ap::AccessPointConfig;
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, ControllerConfig,
    DisconnectReason, PowerSaveMode, Ssid, WifiController, WifiError,
};
use sonoff_embassy::Uplink;
use sonoff_hal::{Access, JoinError, Radio, RadioFacts, Seen};
use static_cell::StaticCell;

use crate::interfaces::Interfaces;
use crate::spawn;

/// Streams: one to the broker, three from browsers.
pub const TCPS: usize = if cfg!(feature = "pages") { 4 } else { 1 };
/// Datagrams: one for questions, one for those of others, and two of an access point: for addresses, and for names.
pub const UDPS: usize = match (cfg!(feature = "setup"), cfg!(feature = "pages")) {
    (true, _) => 4,
    (false, true) => 2,
    (false, false) => 1,
};
/// The longest that is heard: some who want an address fill up what every host must take.
pub const HEARD: usize = 548;
/// These, DHCP and DNS.
static SOCKETS: StaticCell<StackResources<{ TCPS + UDPS + 2 }>> = StaticCell::new();

/// Access points that are told of at once: they lie in the radio's memory.
const MOST_SEEN: usize = 24;
/// How often the signal is looked at, seconds.
const SIGNAL_EVERY_S: u64 = 60;
/// Frames that may be on their way. Those that a driver had when it was taken down count for ever: each new one gets
/// room for as many more.
const FRAMES: usize = 3;
/// It need not grow for ever.
const MOST_FRAMES: usize = 30;
/// Of the device's own access point: its channel, and how many may join, each of whom needs memory.
const CHANNEL: u8 = 6;
const MOST_CLIENTS: u16 = 4;

/// Brings the network up; it lasts longer than any of its radio's drivers.
pub fn start_network(spawner: Spawner, uplink: &Uplink<'static>) {
    let config = embassy_net::Config::dhcpv4(Default::default());
    let chance = Rng::new();
    let seed = u64::from(chance.random()) << 32 | u64::from(chance.random());
    let sockets = SOCKETS.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(Interfaces::new(), config, sockets, seed);
    spawn(spawner, network(runner));
    uplink.bring(stack);
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Interfaces>) {
    runner.run().await;
}

/// The radio, with the driver that it has now.
pub struct BoardRadio {
    wifi: WIFI<'static>,
    /// What makes the chip's random numbers good before the radio's own noise does.
    noise: Option<TrngSource<'static>>,
    driver: Option<WifiController<'static>>,
    frames: usize,
    sleeps: bool,
}

impl BoardRadio {
    /// Without a driver.
    pub const fn new(wifi: WIFI<'static>, noise: TrngSource<'static>) -> Self {
        Self { wifi, noise: Some(noise), driver: None, frames: 0, sleeps: false }
    }

    fn apply_sleep(&mut self) {
        let mode = if self.sleeps { PowerSaveMode::Minimum } else { PowerSaveMode::None };
        if let Some(driver) = &mut self.driver {
            // A radio that does not sleep only needs more power.
            let _ = driver.set_power_saving(mode);
        }
    }
}

impl Radio for BoardRadio {
    async fn renew(&mut self) -> Result<(), JoinError> {
        self.driver = None;
        // It and the radio cannot run at once.
        self.noise = None;
        // SAFETY: the driver that had it is gone.
        let wifi = unsafe { self.wifi.clone_unchecked() };
        self.frames = MOST_FRAMES.min(self.frames + FRAMES);
        let config = ControllerConfig::default().with_tx_queue_size(self.frames);
        let driver = WifiController::new(wifi, config).map_err(broken)?;
        self.driver = Some(driver);
        self.apply_sleep();
        Ok(())
    }

    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        let driver = self.driver.as_mut().ok_or(JoinError::Radio)?;
        // It is not connected, or is now disconnected.
        let _ = driver.disconnect_async().await;
        driver.set_config(&Config::Station(station(access)?)).map_err(broken)?;
        driver.connect_async().await.map(drop).map_err(why)
    }

    fn facts(&self) -> Option<RadioFacts> {
        let point = self.driver.as_ref()?.ap_info().ok()?;
        let ssid = point.ssid.as_str().parse().ok()?;
        Some(RadioFacts { ssid, bssid: point.bssid, channel: point.channel, dbm: point.signal_strength })
    }

    async fn changed(&mut self) {
        let lost = async {
            // One that is not connected has nothing to lose.
            let left = match &self.driver {
                Some(driver) => driver.wait_for_disconnect_async().await.is_ok(),
                None => false,
            };
            if !left {
                pending::<()>().await;
            }
        };
        select(lost, Timer::after_secs(SIGNAL_EVERY_S)).await;
    }

    async fn scan(&mut self, seen: &mut dyn FnMut(Seen<'_>)) {
        let Some(driver) = &mut self.driver else { return };
        let Ok(points) = driver.scan_async(&ScanConfig::default().with_max(MOST_SEEN)).await else { return };
        for point in &points {
            let is_open = matches!(point.auth_method, None | Some(AuthenticationMethod::None));
            let (ssid, channel, dbm) = (point.ssid.as_str(), point.channel, point.signal_strength);
            seen(Seen { ssid, channel, dbm, is_open });
        }
    }

    fn sleep(&mut self, ms: u8) {
        self.sleeps = ms > 0;
        self.apply_sleep();
    }

    async fn open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        let driver = self.driver.as_mut().ok_or(JoinError::Radio)?;
        // It is not connected, or is now disconnected.
        let _ = driver.disconnect_async().await;
        driver.set_config(&Config::AccessPoint(access_point(own)?)).map_err(broken)
    }

    async fn close(&mut self) {
        if let Some(driver) = &mut self.driver {
            // One that cannot is stopped, and no access point either.
            let _ = driver.set_config(&Config::Station(StationConfig::default()));
        }
    }
}

fn station(access: &Access<'_>) -> Result<StationConfig, JoinError> {
    let authentication = match access.password() {
        Some(password) => wpa2(password)?,
        None => AuthenticationMethodConfig::Open,
    };
    Ok(StationConfig::default().with_ssid(ssid(access)?).with_authentication(authentication))
}

/// Never without a password.
fn access_point(own: &Access<'_>) -> Result<AccessPointConfig, JoinError> {
    let authentication = wpa2(own.password().ok_or(JoinError::Password)?)?;
    let config = AccessPointConfig::default().with_ssid(ssid(own)?).with_authentication(authentication);
    Ok(config.with_channel(CHANNEL).with_max_connections(MOST_CLIENTS))
}

fn ssid(access: &Access<'_>) -> Result<Ssid, JoinError> {
    access.ssid().try_into().map_err(|_| JoinError::Ssid)
}

fn wpa2(password: &str) -> Result<AuthenticationMethodConfig, JoinError> {
    password.try_into().map(AuthenticationMethodConfig::Wpa2Personal).map_err(|_| JoinError::Password)
}

fn broken(_: WifiError) -> JoinError {
    JoinError::Radio
}

fn why(failed: ConnectionError) -> JoinError {
    use DisconnectReason as Reason;
    let ConnectionError::Failed(left) = failed else { return JoinError::Radio };
    match left.reason {
        Reason::NoAccessPointFound => JoinError::NotFound,
        Reason::AuthenticationFailed | Reason::FourWayHandshakeTimeout | Reason::HandshakeTimeout => {
            JoinError::Refused
        }
        _ => JoinError::Radio,
    }
}
