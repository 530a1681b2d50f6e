//! What each device is, before it starts: kind, name, address and first settings.

use std::fmt;

use sonoff_core::Profile;
use sonoff_core::names::Names;
use sonoff_core::profile::{Part, Platform};
use sonoff_core::settings::{Number, Settings, Text};

use crate::args::{Args, Mac};
use crate::net::SSID;
use crate::secure::{Authority, HostTls};
use crate::url::BrokerUrl;

/// A program has no flash and no clock of its own.
const PLATFORM: Platform = Platform {
    core: concat!("sonoff-sim ", env!("CARGO_PKG_VERSION")),
    sdk: std::env::consts::OS,
    hardware: "virtual",
    ..Platform::UNKNOWN
};

/// Nothing in a program sleeps, and standard input has no speed.
const PARTS: &[Part] = &[Part::Radio, Part::FixedAddress, Part::Syslog, Part::Tls];
/// The same with pages.
const PARTS_WITH_PAGES: &[Part] =
    &[Part::Radio, Part::FixedAddress, Part::Syslog, Part::Tls, Part::Pages, Part::Scan, Part::SetUp];

/// All devices of this program.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Kind of device.
    pub profile: Profile,
    /// How many.
    pub count: u32,
    /// Commands for each at its first start.
    pub exec: Vec<String>,
    topic: String,
    mac: Mac,
    settings: Settings,
    /// What makes links secure.
    pub tls: HostTls,
}

/// Why the command line cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// More brokers than a device has settings for.
    Brokers(usize),
    /// User or password differ between brokers.
    Logins,
    /// A text is too long for its setting.
    TooLong(String),
    /// The topic does not work.
    Topic(String),
    /// Some brokers speak TLS and some do not.
    Schemes,
    /// The authority's certificate cannot be had.
    Authority(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Brokers(count) => write!(f, "--broker: a device tries at most 3, not {count}"),
            Self::Logins => write!(f, "--broker: all brokers share one user and password"),
            Self::TooLong(text) => write!(f, "{text:?} is longer than 32 bytes"),
            Self::Topic(topic) => write!(f, "--topic: {topic:?} does not work as a topic"),
            Self::Schemes => write!(f, "--broker: all are mqtt://, or all are mqtts://"),
            Self::Authority(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Plans what the command line wants, with these brokers.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn new(args: &Args, brokers: &[BrokerUrl]) -> Result<Self, PlanError> {
        let profile = Profile::with_relays(args.relays);
        let profile = args.buttons.map_or(profile, |buttons| profile.with_buttons(buttons));
        let profile = if args.switches == 0 { profile } else { profile.with_switches(args.switches) };
        let parts = if args.has_pages() { PARTS_WITH_PAGES } else { PARTS };
        let profile = Profile { version: env!("CARGO_PKG_VERSION"), platform: &PLATFORM, parts, ..profile };
        let (topic, mac, exec) = (args.topic.clone(), args.mac, args.exec.clone());
        let mut settings = first_settings(brokers)?;
        if !args.set_up {
            set(&mut settings, Text::SSID, 1, SSID)?;
        }
        let authority = args.ca.as_deref().map(Authority::read).transpose().map_err(PlanError::Authority)?;
        secure(&mut settings, brokers, authority.is_some())?;
        // Who wants to see more must get it from the device, too.
        let level = settings.number(Number::SERIAL_LOG).max(args.level() as u16);
        let _ = settings.set_number(Number::SERIAL_LOG, level);
        let plan = Self { profile, count: args.count, exec, topic, mac, settings, tls: HostTls(authority) };
        plan.settings(plan.count).and_then(|settings| plan.check(&settings)).map(|()| plan)
    }

    fn check(&self, settings: &Settings) -> Result<(), PlanError> {
        let usable = !self.topic.is_empty() && !self.topic.contains(['+', '#', '\0']);
        let works = usable && Names::expand(settings, self.mac(self.count).0, "").is_ok();
        works.then_some(()).ok_or_else(|| PlanError::Topic(settings.text(Text::TOPIC).to_string()))
    }

    /// Hardware address of device 1, 2 and so on.
    pub fn mac(&self, number: u32) -> Mac {
        self.mac.plus(number.saturating_sub(1))
    }

    /// Topic of device 1, 2 and so on, before anyone changed it.
    pub fn topic(&self, number: u32) -> String {
        if self.count == 1 { self.topic.clone() } else { format!("{}-{number}", self.topic) }
    }

    /// First settings of device 1, 2 and so on.
    ///
    /// # Errors
    /// [`PlanError::TooLong`].
    pub fn settings(&self, number: u32) -> Result<Settings, PlanError> {
        let mut settings = self.settings.clone();
        set(&mut settings, Text::TOPIC, 1, &self.topic(number))?;
        Ok(settings)
    }
}

fn first_settings(brokers: &[BrokerUrl]) -> Result<Settings, PlanError> {
    let mut settings = Settings::default();
    if brokers.len() > usize::from(Text::MQTT_HOST.count()) {
        return Err(PlanError::Brokers(brokers.len()));
    }
    for (n, url) in (1..).zip(brokers) {
        set(&mut settings, Text::MQTT_HOST, n, &url.host)?;
        // Every port is in its range.
        let _ = settings.set_nth_number(Number::MQTT_PORT, n, url.port);
    }
    if let Some(user) = shared(brokers, |url| url.user.as_ref())? {
        let password = shared(brokers, |url| url.password.as_ref())?.map_or("", String::as_str);
        set(&mut settings, Text::MQTT_USER, 1, user)?;
        set(&mut settings, Text::MQTT_PASSWORD, 1, password)?;
    }
    Ok(settings)
}

/// Whether the link is secure is one setting for all brokers.
fn secure(settings: &mut Settings, brokers: &[BrokerUrl], has_authority: bool) -> Result<(), PlanError> {
    let secure = brokers.first().is_some_and(|url| url.secure);
    if brokers.iter().any(|url| url.secure != secure) {
        return Err(PlanError::Schemes);
    }
    settings.set_option(103, secure);
    settings.set_option(132, secure && !has_authority);
    Ok(())
}

/// What all brokers that name it agree on.
fn shared<'u>(
    brokers: &'u [BrokerUrl],
    field: impl Fn(&'u BrokerUrl) -> Option<&'u String>,
) -> Result<Option<&'u String>, PlanError> {
    let mut named = brokers.iter().filter_map(field);
    let first = named.next();
    if named.any(|other| Some(other) != first) { Err(PlanError::Logins) } else { Ok(first) }
}

fn set(settings: &mut Settings, text: Text, n: u8, value: &str) -> Result<(), PlanError> {
    settings.set_nth_text(text, n, value).map_err(|_| PlanError::TooLong(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use sonoff_core::wiring::Kind;

    use super::*;

    fn plan(line: &str) -> Result<Plan, PlanError> {
        let args = Args::parse_from(std::iter::once("sonoff-sim").chain(line.split_whitespace()));
        Plan::new(&args, &args.broker)
    }

    #[test]
    fn several_brokers_fill_the_settings_in_order() {
        let settings = plan("--broker mqtt://a --broker mqtt://u:p@b:1884").unwrap().settings(1).unwrap();
        assert_eq!(settings.all_texts(Text::MQTT_HOST).collect::<Vec<_>>(), ["a", "b", ""]);
        assert_eq!([1, 2, 3].map(|n| settings.nth_number(Number::MQTT_PORT, n)), [1883, 1884, 1883]);
        assert_eq!((settings.text(Text::MQTT_USER), settings.text(Text::MQTT_PASSWORD)), ("u", "p"));
    }

    // S-50, S-51
    #[test]
    fn the_scheme_decides_whether_the_link_is_secure() {
        let options = |line| plan(line).map(|plan| [103, 132].map(|n| plan.settings(1).unwrap().option(n)));
        assert_eq!(options("--broker mqtt://a"), Ok([false, false]));
        assert_eq!(options("--broker mqtts://a --broker mqtts://b"), Ok([true, true]));
        assert_eq!(options("--broker mqtts://a --broker mqtt://b"), Err(PlanError::Schemes));
        assert!(matches!(options("--broker mqtts://a --ca /dev/null"), Err(PlanError::Authority(_))));
    }

    #[test]
    fn without_a_login_the_factory_user_stays() {
        let settings = plan("--broker mqtt://a").unwrap().settings(1).unwrap();
        assert_eq!(
            (settings.text(Text::MQTT_USER), settings.text(Text::MQTT_PASSWORD)),
            ("DVES_USER", "DVES_PASS")
        );
        let user_only = plan("--broker mqtt://u@a").unwrap().settings(1).unwrap();
        assert_eq!((user_only.text(Text::MQTT_USER), user_only.text(Text::MQTT_PASSWORD)), ("u", ""));
    }

    #[test]
    fn there_are_as_many_buttons_as_relays_unless_it_is_said() {
        let inputs = |line| {
            let wiring = plan(line).map(|plan| plan.profile.wiring(&Settings::default()))?;
            Ok::<_, PlanError>((
                wiring.mask(Kind::Button).count_ones(),
                wiring.mask(Kind::Switch).count_ones(),
            ))
        };
        assert_eq!(inputs("--relays 3"), Ok((3, 0)));
        assert_eq!(inputs("--buttons 0 --switches 2"), Ok((0, 2)));
        assert_eq!(inputs("--relays 2 --buttons 5"), Ok((5, 0)));
    }

    #[test]
    fn many_devices_have_numbered_topics_and_following_addresses() {
        let plan = plan("--count 3 --topic lamp --mac 02:00:00:00:00:FE").unwrap();
        assert_eq!(plan.settings(3).unwrap().text(Text::TOPIC), "lamp-3");
        assert_eq!(plan.mac(3).to_string(), "020000000100");
    }

    #[test]
    fn what_a_device_cannot_hold_is_refused() {
        assert_eq!(
            plan("--broker mqtt://a --broker mqtt://a --broker mqtt://a --broker mqtt://a").unwrap_err(),
            PlanError::Brokers(4)
        );
        assert_eq!(plan("--broker mqtt://u:p@a --broker mqtt://u:q@b").unwrap_err(), PlanError::Logins);
        let long = "x".repeat(32);
        assert!(plan(&format!("--topic {long}")).is_ok());
        assert_eq!(plan(&format!("--topic {long} --count 2")).unwrap_err(), PlanError::TooLong(long + "-2"));
        assert_eq!(plan("--topic a/#").unwrap_err(), PlanError::Topic("a/#".to_owned()));
    }
}
