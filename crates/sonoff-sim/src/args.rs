//! The command line.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Parser};
use sonoff_core::io::Level;

use crate::url::BrokerUrl;

/// The port of MQTT.
pub const MQTT_PORT: u16 = 1883;
/// The port of MQTT over TLS.
pub const MQTTS_PORT: u16 = 8883;

/// The first port that is tried for the pages.
pub const HTTP_PORT: u16 = 8080;

/// A virtual Sonoff that real MQTT clients drive.
///
/// Without --broker or --search it brings a broker of its own, and speaks to nobody outside this machine. A line on standard input is a command, as on the serial console of
/// a device, or begins with `!`: `!press 1`, `!hold 1` (until it counts as held), `!down 1`, `!up 1`, `!switch 1 on`
/// (pin level 1, `off` is 0), `!reading DS18B20 Temperature 21.3`, `!net down`, `!net up`, `!cut` (power cut),
/// `!reset`. With --count the first device hears it. In the air are the access points `virtual`, which is open, and
/// `guest` with the password `welcome1`.
#[derive(Debug, Clone, Parser)]
#[command(name = "sonoff-sim", version, verbatim_doc_comment)]
pub struct Args {
    #[arg(value_parser = ["run"], hide = true)]
    word: Option<String>,

    /// Broker to use; up to three are tried in order. First setting: MqttHost, MqttPort, MqttUser, MqttPassword
    #[arg(long, value_name = "mqtt[s]://[USER:PASS@]HOST[:PORT]")]
    pub broker: Vec<BrokerUrl>,

    /// PEM file with the certificate of the authority that has signed those of brokers at mqtts://. Without it the
    /// device learns a broker's key at the first connection and refuses any other from then on
    #[arg(long, value_name = "FILE", requires = "broker")]
    pub ca: Option<PathBuf>,

    /// Bring no broker and name none: the device looks for one that is announced in the network (mDNS, `_mqtt._tcp`)
    #[arg(long, conflicts_with_all = ["broker", "listen"])]
    pub search: bool,

    /// First setting: Topic
    #[arg(long, value_name = "NAME", default_value = "sonoff")]
    pub topic: String,

    /// Hardware address; its last three bytes make the client id
    #[arg(long, value_name = "AA:BB:CC:DD:EE:FF", default_value = "02:00:00:12:34:56")]
    pub mac: Mac,

    /// Number of relays
    #[arg(long, value_name = "1..8", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub relays: u8,

    /// Number of buttons; as many as relays if it is not said
    #[arg(long, value_name = "0..8", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub buttons: Option<u8>,

    /// Number of switches, which are contacts to ground: open is level 1
    #[arg(long, value_name = "0..8", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=8))]
    pub switches: u8,

    /// Number of devices: topics NAME-1, NAME-2 and so on, consecutive hardware addresses
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: u32,

    /// Keep settings and relay states in this folder; otherwise they are gone when the program ends
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Where the built-in broker listens, instead of this machine only
    #[arg(long, value_name = "ADDR[:PORT]", conflicts_with = "broker")]
    pub listen: Option<Listen>,

    /// Where the device's pages are: a port of this machine alone, or of the address before it, where they are announced;
    /// otherwise the first free port from 8080 on. Several devices have none
    #[arg(long, value_name = "[ADDR:]PORT", conflicts_with = "no_web")]
    pub http: Option<Http>,

    /// No pages
    #[arg(long)]
    pub no_web: bool,

    /// The device knows no access point and is one itself for ten minutes, to be told one on its page. With addresses
    /// and names, and at port 80, where 192.168.4.1 is an address of this machine
    #[arg(long, conflicts_with_all = ["no_web", "count"])]
    pub set_up: bool,

    /// Command for each device once it has started
    #[arg(long, value_name = "COMMAND")]
    pub exec: Vec<String>,

    /// Print errors only
    #[arg(long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print more
    #[arg(short, action = ArgAction::SetTrue)]
    pub verbose: bool,
}

impl Args {
    /// The device has pages.
    pub const fn has_pages(&self) -> bool {
        !self.no_web && self.count == 1
    }

    /// The least important lines that are printed.
    pub const fn level(&self) -> Level {
        match (self.quiet, self.verbose) {
            (true, _) => Level::Error,
            (false, true) => Level::Debug,
            (false, false) => Level::Info,
        }
    }
}

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The address `steps` further on.
    #[must_use]
    pub fn plus(self, steps: u32) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let number = u64::from_be_bytes([0, 0, a, b, c, d, e, f]).wrapping_add(u64::from(steps));
        let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
        Self([a, b, c, d, e, f])
    }
}

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes: Vec<u8> = text.split(':').filter_map(hex_byte).collect();
        let whole = text.split(':').count() == 6;
        let mac = <[u8; 6]>::try_from(bytes).ok().filter(|_| whole);
        mac.map(Self).ok_or_else(|| "six bytes in hexadecimal, as 02:00:00:12:34:56".to_owned())
    }
}

fn hex_byte(text: &str) -> Option<u8> {
    u8::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// Where the built-in broker listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// Address and port.
    pub at: SocketAddr,
    /// No other port will do.
    pub exact: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self { at: (Ipv4Addr::LOCALHOST, MQTT_PORT).into(), exact: false }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse::<IpAddr>().map(|ip| Self { at: (ip, MQTT_PORT).into(), exact: false });
        let socket = text.parse::<SocketAddr>().map(|at| Self { at, exact: true });
        address
            .or(socket)
            .map_err(|_| "an IP address, and a port after it if need be, as 0.0.0.0:1883".to_owned())
    }
}

/// Where the pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http(pub SocketAddr);

impl FromStr for Http {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = text.parse::<u16>().map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let at = port.or_else(|_| text.parse());
        at.map(Self).map_err(|_| "a port, and an IP address before it if need be, as 10.0.0.5:80".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("sonoff-sim").chain(line.split_whitespace()))
    }

    #[test]
    fn nothing_is_a_whole_command_line_and_run_says_no_more() {
        for line in ["", "run"] {
            let args = parse(line).unwrap();
            assert_eq!((args.topic.as_str(), args.relays, args.count), ("sonoff", 1, 1));
            assert_eq!(args.mac.to_string(), "020000123456");
            assert_eq!(args.level(), Level::Info);
        }
    }

    #[test]
    fn brokers_and_commands_may_be_several() {
        let args = parse("--broker mqtt://a --broker mqtt://b:1884 --exec Power --exec Status -v").unwrap();
        assert_eq!(args.broker.iter().map(|url| url.port).collect::<Vec<_>>(), [1883, 1884]);
        assert_eq!(args.exec, ["Power", "Status"]);
        assert_eq!(args.level(), Level::Debug);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "walk",
            "--relays 0",
            "--relays 9",
            "--buttons 9",
            "--switches 9",
            "--count 0",
            "--mac 1:2:3:4:5:6",
            "--mac 02:00:00:12:34:5g",
            "--mac 02:00:00:12:34",
            "--listen localhost",
            "--listen 0.0.0.0 --broker mqtt://a",
            "--search --broker mqtt://a",
            "--search --listen 0.0.0.0",
            "--quiet -v",
            "--http 80000",
            "--http 80 --no-web",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_address_without_a_port_lets_the_port_move() {
        let any = parse("--listen 0.0.0.0").unwrap().listen.unwrap();
        assert_eq!((any.at.to_string().as_str(), any.exact), ("0.0.0.0:1883", false));
        let exact = parse("--listen [::1]:1900").unwrap().listen.unwrap();
        assert_eq!((exact.at.to_string().as_str(), exact.exact), ("[::1]:1900", true));
    }

    #[test]
    fn one_device_has_pages_unless_it_is_said_otherwise() {
        let pages = |line| parse(line).map(|args| (args.has_pages(), args.http)).unwrap();
        assert_eq!(pages(""), (true, None));
        assert_eq!(pages("--http 8123"), (true, Some(Http("127.0.0.1:8123".parse().unwrap()))));
        assert_eq!(pages("--http 10.0.0.5:80"), (true, Some(Http("10.0.0.5:80".parse().unwrap()))));
        assert!(parse("--http 10.0.0.5").is_err() && parse("--http 99999").is_err());
        assert_eq!(pages("--no-web"), (false, None));
        assert_eq!(pages("--count 2"), (false, None));
    }

    #[test]
    fn hardware_addresses_carry_over() {
        let mac: Mac = "02:00:00:00:ff:ff".parse().unwrap();
        assert_eq!(mac.plus(1).to_string(), "020000010000");
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
