//! What is printed first: what this is, and what to try.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sonoff_core::names::Names;
use sonoff_core::settings::Settings;
use sonoff_core::topic::Prefix;

use crate::plan::Plan;

/// The broker that the devices use first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream<'a> {
    /// Built in; the port that was wanted is told if it was taken.
    BuiltIn {
        /// Where it listens.
        at: SocketAddr,
        /// The port that was not free.
        taken: Option<u16>,
    },
    /// Another program's.
    Other {
        /// Name or address.
        host: &'a str,
        /// TCP port.
        port: u16,
        /// The device logs in as this user.
        user: Option<&'a str>,
        /// The device has kept it from an earlier time, whatever the command line says.
        kept: bool,
    },
}

impl Upstream<'_> {
    /// Name or address by which a client on this machine reaches it.
    pub fn host(&self) -> String {
        match self {
            Self::BuiltIn { at, .. } if at.ip().is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
            Self::BuiltIn { at, .. } => at.ip().to_string(),
            Self::Other { host, .. } => (*host).to_owned(),
        }
    }

    /// TCP port.
    pub const fn port(&self) -> u16 {
        match self {
            Self::BuiltIn { at, .. } => at.port(),
            Self::Other { port, .. } => *port,
        }
    }

    fn remark(&self) -> String {
        match self {
            Self::BuiltIn { at, taken } => {
                let reach = if is_loopback(at.ip()) { "this machine only" } else { "open to the network" };
                let taken = taken.map(|port| format!("; port {port} is taken")).unwrap_or_default();
                format!(" (built in, {reach}{taken})")
            }
            Self::Other { kept: true, .. } => {
                " (kept from before; a new device would take the one given here)".to_owned()
            }
            Self::Other { kept: false, .. } => String::new(),
        }
    }

    fn login(&self) -> String {
        match self {
            Self::Other { user: Some(user), .. } if !user.is_empty() => {
                format!(" -u {} -P PASSWORD", quoted(user))
            }
            Self::Other { .. } | Self::BuiltIn { .. } => String::new(),
        }
    }
}

const fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}

/// The whole text. `first` are the settings in force of device 1, whose pages are at `pages`.
pub fn text(plan: &Plan, first: &Settings, upstream: &Upstream<'_>, pages: Option<SocketAddr>) -> String {
    let names = Names::expand(first, plan.mac(1).0, "").unwrap_or_default();
    let own = names.own(Prefix::Cmnd);
    let group = names.group(1).map(|group| own.replacen(names.topic.as_str(), group, 1));
    let switched = group.filter(|_| plan.count > 1).unwrap_or_else(|| own.to_owned());
    let (host, port) = (upstream.host(), upstream.port());
    let reach = format!("-h {} -p {port}{}", quoted(&host), upstream.login());
    let mut text = format!("sonoff {}: {}\n", env!("CARGO_PKG_VERSION"), who(plan, &names));
    let _ = write!(
        text,
        "  broker: {}{}\n{}\n  \
           watch   mosquitto_sub {reach} -v -t '#'\n  \
           on      mosquitto_pub {reach} -t {} -m on\n  \
           ask     mosquitto_pub {reach} -t {} -n\n  \
           here    type: power toggle | status 6 | !press 1        stop: Ctrl-C\n\n",
        SocketText(&host, port),
        upstream.remark(),
        pages.map(|at| format!("  pages:  http://{at}/\n")).unwrap_or_default(),
        quoted(&(switched + "power")),
        quoted(&(own.to_owned() + "status")),
    );
    text
}

fn who(plan: &Plan, names: &Names) -> String {
    let settings = plan.settings(1).unwrap_or_default();
    let module = plan.profile.module_name(&settings);
    if plan.count == 1 {
        return format!("one virtual {module}, Topic \"{}\", client {}", names.topic, names.client);
    }
    let (count, last) = (plan.count, plan.topic(plan.count));
    format!(
        "{count} virtual {module}, Topic \"{}\" to \"{last}\", client {} and on",
        names.topic, names.client
    )
}

struct SocketText<'a>(&'a str, u16);

impl std::fmt::Display for SocketText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(host, port) = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// For a shell: in quotes if it has anything that a shell would read.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.:%@".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Args;

    fn banner(line: &str, upstream: &Upstream<'_>) -> String {
        let args = Args::parse_from(std::iter::once("sonoff-sim").chain(line.split_whitespace()));
        let plan = Plan::new(&args, &args.broker).unwrap();
        let pages = args.has_pages().then(|| "127.0.0.1:8080".parse().unwrap());
        text(&plan, &plan.settings(1).unwrap(), upstream, pages)
    }

    fn built_in(at: &str) -> Upstream<'static> {
        Upstream::BuiltIn { at: at.parse().unwrap(), taken: None }
    }

    #[test]
    fn one_device_with_the_built_in_broker() {
        let wanted = "\
sonoff 0.1.0: one virtual Sonoff Basic, Topic \"sonoff\", client DVES_123456
  broker: 127.0.0.1:1883 (built in, this machine only)
  pages:  http://127.0.0.1:8080/

  watch   mosquitto_sub -h 127.0.0.1 -p 1883 -v -t '#'
  on      mosquitto_pub -h 127.0.0.1 -p 1883 -t cmnd/sonoff/power -m on
  ask     mosquitto_pub -h 127.0.0.1 -p 1883 -t cmnd/sonoff/status -n
  here    type: power toggle | status 6 | !press 1        stop: Ctrl-C

";
        assert_eq!(
            banner("", &built_in("127.0.0.1:1883")),
            wanted.replace("0.1.0", env!("CARGO_PKG_VERSION"))
        );
    }

    #[test]
    fn an_open_broker_and_a_taken_port_are_told() {
        let at = "0.0.0.0:1884".parse().unwrap();
        let text = banner("", &Upstream::BuiltIn { at, taken: Some(1883) });
        assert!(
            text.contains("broker: 127.0.0.1:1884 (built in, open to the network; port 1883 is taken)"),
            "{text}"
        );
        assert!(banner("", &built_in("[::1]:1883")).contains("[::1]:1883 (built in, this machine only)"));
    }

    #[test]
    fn another_broker_with_a_login_shows_no_password() {
        let upstream = Upstream::Other { host: "hub", port: 1, user: Some("it's"), kept: false };
        let text = banner("--broker mqtt://it's:secret@hub:1", &upstream);
        assert!(text.contains(r"mosquitto_sub -h hub -p 1 -u 'it'\''s' -P PASSWORD -v -t '#'"), "{text}");
        assert!(!text.contains("secret"));
    }

    #[test]
    fn a_kept_broker_is_told() {
        let upstream = Upstream::Other { host: "hub", port: 1, user: Some(""), kept: true };
        let text = banner("", &upstream);
        assert!(
            text.contains("broker: hub:1 (kept from before") && text.contains("-h hub -p 1 -v"),
            "{text}"
        );
    }

    #[test]
    fn many_devices_are_switched_by_their_group() {
        let text = banner("--count 1000 --topic lamp", &built_in("127.0.0.1:1883"));
        assert!(text.contains("1000 virtual Sonoff Basic, Topic \"lamp-1\" to \"lamp-1000\""), "{text}");
        assert!(
            text.contains("-t cmnd/sonoffs/power -m on") && text.contains("-t cmnd/lamp-1/status -n"),
            "{text}"
        );
    }
}
