//! How many of the commands and options that every relay device of this family has are here.

use sonoff_core::command;
use sonoff_core::setoption::SetOption;

/// Tier 1: the commands of a plain relay device.
const COMMANDS: &[&str] = &[
    "Power",
    "PowerOnState",
    "PulseTime",
    "BlinkTime",
    "BlinkCount",
    "Backlog",
    "Delay",
    "Interlock",
    "ButtonDebounce",
    "SwitchDebounce",
    "SwitchMode",
    "LedPower",
    "LedState",
    "LedMask",
    "Status",
    "State",
    "Restart",
    "Reset",
    "SaveData",
    "SetOption",
    "SO",
    "Sleep",
    "DeviceName",
    "FriendlyName",
    "FN",
    "Module",
    "GPIO",
    "Template",
    "Timezone",
    "TimeStd",
    "TimeDst",
    "Time",
    "NtpServer",
    "SerialLog",
    "WebLog",
    "MqttLog",
    "SSId",
    "Password",
    "Ap",
    "Hostname",
    "IPAddress",
    "WifiConfig",
    "Webserver",
    "WebPassword",
    "MqttHost",
    "MqttPort",
    "MqttClient",
    "MqttUser",
    "MqttPassword",
    "MqttKeepAlive",
    "MqttRetry",
    "Topic",
    "GroupTopic",
    "FullTopic",
    "Prefix",
    "ButtonTopic",
    "SwitchTopic",
    "StateText",
    "PowerRetain",
    "ButtonRetain",
    "SwitchRetain",
    "SensorRetain",
    "InfoRetain",
    "StateRetain",
    "StatusRetain",
    "Publish",
    "TelePeriod",
    "Baudrate",
];

/// Tier 1: the options of a plain relay device.
const OPTIONS: &[u8] = &[
    0, 1, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 26, 31, 32, 34, 36, 52, 53, 59, 61, 62, 65, 73, 75, 90, 104, 114,
    121, 122, 140, 145,
];

/// Those of them that would have nothing to act on in this device, so that they are refused (D-55).
const WITHOUT_EFFECT: &[(u8, &str)] =
    &[(36, "no rules that a boot loop could switch off"), (53, "no web page that could show addresses")];

/// Two lines for people: how many there are, and which are not.
pub fn section(options: &[SetOption]) -> String {
    let missing: Vec<&str> =
        COMMANDS.iter().copied().filter(|name| command::find(name, &[]).is_none()).collect();
    let is_there = |number: &u8| options.iter().any(|option| option.number == *number);
    let absent = OPTIONS.iter().copied().filter(|number| !is_there(number)).map(reason);
    format!(
        "{}{}",
        line("tier 1", COMMANDS.len(), &missing),
        line("tier 1 options", OPTIONS.len(), &absent.collect::<Vec<_>>())
    )
}

/// The number of an option, and why it cannot act.
fn reason(number: u8) -> String {
    let known = WITHOUT_EFFECT.iter().find(|(option, _)| *option == number);
    known.map_or(number.to_string(), |(_, why)| format!("{number} ({why})"))
}

fn line(what: &str, all: usize, missing: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = missing.iter().map(AsRef::as_ref).collect();
    let rest = if names.is_empty() { String::new() } else { format!(" Not yet: {}.", names.join(", ")) };
    format!("{what}: {} of {all}.{rest}\n\n", all - names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(line("tier 1", 3, &["A", "B"]), "tier 1: 1 of 3. Not yet: A, B.\n\n");
        assert_eq!(line("tier 1", 3, &[""; 0]), "tier 1: 3 of 3.\n\n");
    }

    #[test]
    fn no_name_stands_twice() {
        for (at, name) in COMMANDS.iter().enumerate() {
            assert!(!COMMANDS[..at].contains(name), "{name}");
        }
    }
}
