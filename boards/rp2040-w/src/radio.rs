//! The radio chip: its firmware, its driver, and the network stack on top. The device waits for none of it.

use cyw43::{NetDriver, PowerManagementMode, Runner, SpiBus, SpiBusCyw43, State};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_rp::Peri;
use embassy_rp::dma::Channel;
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIN_23, PIN_24, PIN_25, PIN_29, PIO0};
use embassy_rp::pio::Pio;
use embassy_time::Timer;
use sonoff_embassy::Uplink;
use static_cell::{ConstStaticCell, StaticCell};

use crate::flash::{BoardPart, remember};
use crate::station::Handover;
use crate::{Irqs, chance, restart, spawn};

#[cfg(feature = "firmware")]
use cyw43_setup::{CLM as COUNTRIES, FW as FIRMWARE, NVRAM as BOARD};

#[cfg(not(feature = "firmware"))]
include!(concat!(env!("OUT_DIR"), "/firmware.rs"));

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory(State::new()));
/// The hardware address of the group that multicast DNS is.
const MULTICAST_DNS: [u8; 6] = [0x01, 0, 0x5E, 0, 0, 0xFB];
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

/// The driver's memory. It is made by the compiler, since a program makes such a thing on its stack.
struct Memory(State);

// SAFETY: one executor on one core runs all tasks.
unsafe impl Send for Memory {}

/// What the radio is connected to.
pub struct Wires {
    power: Output<'static>,
    select: Output<'static>,
    data: Peri<'static, PIN_24>,
    clock: Peri<'static, PIN_29>,
    pio: Pio<'static, PIO0>,
    dma: Channel<'static>,
}

impl Wires {
    /// As the board has them; the radio has no power.
    pub fn new(
        power: Peri<'static, PIN_23>,
        data: Peri<'static, PIN_24>,
        select: Peri<'static, PIN_25>,
        clock: Peri<'static, PIN_29>,
        pio: Peri<'static, PIO0>,
        dma: Peri<'static, DMA_CH0>,
    ) -> Self {
        let (power, select) = (Output::new(power, Level::Low), Output::new(select, Level::High));
        Self { power, select, data, clock, pio: Pio::new(pio, Irqs), dma: Channel::new(dma, Irqs) }
    }

    /// The bus, and the switch of the radio's power.
    fn bus(self) -> (Output<'static>, Patient<PioSpi<'static, PIO0, 0>>) {
        let Self { power, select, data, clock, mut pio, dma } = self;
        let (common, divider) = (&mut pio.common, DEFAULT_CLOCK_DIVIDER);
        let spi = PioSpi::new(common, pio.sm0, divider, pio.irq0, select, data, clock, dma);
        (power, Patient { spi, heard: false })
    }
}

type Bus = SpiBus<Output<'static>, Patient<PioSpi<'static, PIO0, 0>>>;

/// Starts the radio and brings the network up with it; waits for ever for a radio that does not answer.
#[embassy_executor::task]
pub async fn start(
    wires: Wires,
    spawner: Spawner,
    uplink: &'static Uplink<'static>,
    handover: &'static Handover,
    address: BoardPart,
) {
    if FIRMWARE.is_empty() {
        return;
    }
    Timer::after(restart::radio_rests()).await;
    let (power, bus) = wires.bus();
    let (device, mut control, runner) = cyw43::new(&mut MEMORY.take().0, power, bus, &FIRMWARE, &BOARD).await;
    spawn(spawner, drive(runner));
    control.init(COUNTRIES).await;
    remember(address, control.address().await).await;
    // Without it nobody who asks by multicast DNS is heard; it is no reason not to run.
    let _ = control.add_multicast_address(MULTICAST_DNS).await;
    control.set_power_management(PowerManagementMode::PowerSave).await;
    let config = Config::dhcpv4(Default::default());
    let (stack, runner) =
        embassy_net::new(device, config, SOCKETS.init_with(StackResources::new), chance::seed());
    spawn(spawner, network(runner));
    uplink.bring(stack);
    handover.signal(control);
    Timer::after_secs(3600).await;
    restart::forget();
}

#[embassy_executor::task]
async fn drive(runner: Runner<'static, Bus>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, NetDriver<'static>>) {
    runner.run().await;
}

/// A bus on which the driver asks for the radio's first word of life at leisure, and not as fast as it can.
struct Patient<S> {
    spi: S,
    heard: bool,
}

impl<S: SpiBusCyw43> SpiBusCyw43 for Patient<S> {
    async fn cmd_write(&mut self, write: &[u32]) -> u32 {
        self.spi.cmd_write(write).await
    }

    async fn cmd_read(&mut self, write: u32, read: &mut [u32]) -> u32 {
        /// The test pattern, as it comes before the radio is told the order of its bytes.
        const ALIVE: u32 = 0xBEAD_FEED;
        let status = self.spi.cmd_read(write, read).await;
        self.heard |= read == [ALIVE];
        if !self.heard {
            Timer::after_millis(100).await;
        }
        status
    }

    async fn wait_for_event(&mut self) {
        self.spi.wait_for_event().await;
    }
}
