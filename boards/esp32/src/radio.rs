//! The radio: its driver, and the network stack on top. The device waits for neither.

use core::future::pending;

use embassy_executor::Spawner;
use embassy_futures::select::select;
use embassy_net::{Runner, StackResources};
use embassy_time::Timer;
use esp_hal::peripherals::WIFI;
use esp_hal::rng::Rng;
use esp_radio::wifi::scan::ScanConfig;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethod, AuthenticationMethodConfig, Config, ConnectionError, ControllerConfig,
    DisconnectReason, Interface, PowerSaveMode, WifiController, WifiError,
};
use sonoff_embassy::Uplink;
use sonoff_hal::{Access, JoinError, Radio, RadioFacts, Seen};
use static_cell::StaticCell;

use crate::spawn;

/// Streams: one to the broker, three from browsers.
pub const TCPS: usize = if cfg!(feature = "pages") { 4 } else { 1 };
/// Datagrams: one for questions, one for those of others.
pub const UDPS: usize = if cfg!(feature = "pages") { 2 } else { 1 };
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

/// Brings the network up; it lasts longer than any of its radio's drivers.
pub fn start_network(spawner: Spawner, uplink: &Uplink<'static>) {
    let config = embassy_net::Config::dhcpv4(Default::default());
    let chance = Rng::new();
    let seed = u64::from(chance.random()) << 32 | u64::from(chance.random());
    let sockets = SOCKETS.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(Interface::station(), config, sockets, seed);
    spawn(spawner, network(runner));
    uplink.bring(stack);
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Interface>) {
    runner.run().await;
}

/// The radio, with the driver that it has now.
pub struct BoardRadio {
    wifi: WIFI<'static>,
    driver: Option<WifiController<'static>>,
    frames: usize,
    sleeps: bool,
}

impl BoardRadio {
    /// Without a driver.
    pub const fn new(wifi: WIFI<'static>) -> Self {
        Self { wifi, driver: None, frames: 0, sleeps: false }
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
}

fn station(access: &Access<'_>) -> Result<StationConfig, JoinError> {
    let ssid = access.ssid().try_into().map_err(|_| JoinError::Ssid)?;
    let authentication = match access.password() {
        Some(password) => {
            AuthenticationMethodConfig::Wpa2Personal(password.try_into().map_err(|_| JoinError::Password)?)
        }
        None => AuthenticationMethodConfig::Open,
    };
    Ok(StationConfig::default().with_ssid(ssid).with_authentication(authentication))
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
