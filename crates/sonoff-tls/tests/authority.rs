//! The authority that the environment names when the firmware is built (S-95).
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../build/authority.rs"]
mod authority;

const PEM: &[u8] = include_bytes!("ca.pem");

// S-95
#[test]
fn pem_and_der_are_both_read() {
    let der = authority::der(PEM).unwrap();
    assert_eq!(der.first(), Some(&0x30));
    assert_eq!(authority::der(&der), Ok(der.clone()));
    let chatty = [b"subject=house\n", PEM, PEM].concat();
    assert_eq!(authority::der(&chatty), Ok(der), "the first one, whatever is around it");
}

// S-95
#[test]
fn what_is_no_certificate_does_not_build() {
    let der = authority::der(PEM).unwrap();
    let key = b"-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n";
    let cut = der.split_last().unwrap().1;
    for file in [&b""[..], b"house", key, cut, PEM.split_at(200).0] {
        assert!(authority::der(file).is_err(), "{}", String::from_utf8_lossy(file));
    }
}

// S-95: `cargo xtask check environment` names one.
#[test]
fn the_firmware_has_the_one_that_was_named() {
    let named = option_env!("SONOFF_MQTT_CA").filter(|name| !name.is_empty());
    let expected = named.map(|name| authority::der(&std::fs::read(name).unwrap()).unwrap());
    assert_eq!(sonoff_tls::CA.map(<[u8]>::to_vec), expected);
}
