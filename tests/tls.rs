//! The settings of the secure link (S-50 to S-52).
#![allow(missing_docs)]

use sonoff_core::io::Proof;
use sonoff_core::profile::Part;
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::Bench;

const SECURE: Profile = Profile { parts: &[Part::Tls], ..Profile::BASIC };
const NONE: &str = "DA 39 A3 EE 5E 6B 4B 0D 32 55 BF EF 95 60 18 90 AF D8 07 09";

fn result(answer: &str) -> String {
    format!("stat/sonoff/RESULT = {{{answer}}}")
}

fn bench(options: &[u8]) -> Bench {
    let mut bench = Bench::of(SECURE, |settings| {
        options.iter().for_each(|option| settings.set_option(*option, true));
    });
    bench.sent();
    bench
}

// S-50, D-55
#[test]
fn a_firmware_without_tls_refuses_what_would_want_it() {
    let mut bench = Bench::sonoff(1);
    for (command, argument) in [("SetOption103", "1"), ("SetOption132", "1"), ("MqttFingerprint1", "1")] {
        bench.cmnd(command, argument).sends(&[&result(r#""Command":"Error""#)]);
    }
    assert_eq!(bench.device().proof(), None);
}

// SX-40, S-50, S-51
#[test]
fn sx_40_the_options_want_tls_and_decide_how_the_broker_is_known() {
    assert_eq!(bench(&[]).device().proof(), None);
    assert_eq!(bench(&[132]).device().proof(), None);
    assert_eq!(bench(&[103]).device().proof(), Some(Proof::Authority));
    assert!(matches!(bench(&[103, 132]).device().proof(), Some(Proof::Keys(_))));
    let mut bench = bench(&[]);
    bench.cmnd("SetOption103", "1").sends(&[&result(r#""SetOption103":"ON""#)]).wait_ms(3000);
    assert_eq!(bench.restarted().len(), 1);
}

// SX-41, S-51, S-52
#[test]
fn sx_41_a_key_is_twenty_bytes() {
    let mut bench = bench(&[103, 132]);
    let zeros = ["00"; 20].join(" ");
    bench.cmnd("MqttFingerprint", "").sends(&[&result(&format!(r#""MqttFingerprint1":"{zeros}""#))]);
    bench.cmnd("MqttFingerprint2", "").sends(&[&result(&format!(r#""MqttFingerprint2":"{NONE}""#))]);
    let key = ["a5"; 20].join(" ");
    let kept = result(&format!(r#""MqttFingerprint1":"{zeros}""#));
    bench.cmnd("MqttFingerprint1", &key[3..]).sends(&[&kept]);
    bench.cmnd("MqttFingerprint1", &key).sends(&[&kept.replace("00", "A5")]);
    assert_eq!(bench.device().proof().map(first), Some(Some([0xA5; 20])));
    bench.cmnd("MqttFingerprint1", "0").sends(&[&result(r#""MqttFingerprint1":"""#)]);
    assert_eq!(bench.device().proof().map(first), Some(None));
}

fn first(proof: Proof) -> Option<[u8; 20]> {
    let Proof::Keys([first, _]) = proof else { panic!("{proof:?}") };
    first
}

// S-52
#[test]
fn a_key_is_learned_in_place_of_zeros_and_saved() {
    let mut bench = bench(&[103, 132]);
    bench.input(Input::Learned(&[0xB; 20])).wait_ms(2000);
    bench.reboot(true);
    assert_eq!(bench.device().proof().map(first), Some(Some([0xB; 20])));
    bench.input(Input::Learned(&[0xC; 20]));
    assert_eq!(bench.device().proof().map(first), Some(Some([0xB; 20])), "once");
}

// UX-48, U-15
#[test]
fn ux_48_status_6_tells_whether_tls_is_wanted() {
    for (options, told) in [(&[][..], r#","MqttTLS":0,"MAX"#), (&[103][..], r#","MqttTLS":1,"#)] {
        let mut bench = bench(options);
        let sent = bench.cmnd("Status", "6").sent();
        assert!(sent.iter().any(|line| line.contains(told)), "{sent:?}");
    }
    let mut plain = Bench::sonoff(1);
    plain.sent();
    assert!(!plain.cmnd("Status", "6").sent().concat().contains("TLS"));
}
